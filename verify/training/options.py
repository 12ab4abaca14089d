"""The command line of `manual-bp train`. Imports nothing heavy."""

import argparse
from typing import Any

from verify.exit_codes import TRAINED


def add_train(commands: Any) -> None:
    """The command's grammar. What isn't given is None: its default depends on the data, or on the resumed model."""
    train = commands.add_parser(
        "train", help="train a network by the notes' recipe, in lock-step with autodiff", epilog=TRAINED,
        description="Train a network with the hand-derived gradients. Autodiff takes the same steps from the same "
        "start with the same masks; at each step gradients and parameters are compared in units of rounding.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    train.add_argument(
        "source", nargs="?", metavar="breast-cancer|digits|moons|FILE.csv|FILE.npz", help="the data (default: digits)"
    )
    data = train.add_argument_group("data")
    data.add_argument("--test", metavar="FILE", help="the test set (default: a fifth of the data)")
    data.add_argument("--label", metavar="NAME", help="a CSV file's column of labels")
    data.add_argument("--validation", type=float, metavar="PART", help="the part of the data for validation, as 0.2")
    net = train.add_argument_group("network")
    net.add_argument("--layers", metavar="N[,N]", help="widths of the hidden layers, as 64,32; 'none' for none")
    net.add_argument("--activation", metavar="NAME[,NAME]", help="of hidden layers: relu, tanh, sigmoid, leaky_relu")
    net.add_argument("--output", metavar="NAME", help="softmax, or sigmoid (default for two classes)")
    net.add_argument("--initialization", metavar="NAME", help="xavier, he, bengio (default: he for relu, else xavier)")
    recipe = train.add_argument_group("training")
    recipe.add_argument("--rate", type=float, metavar="ALPHA", help="the learning rate")
    recipe.add_argument("--epochs", type=int, metavar="N", help="passes over the training set")
    recipe.add_argument("--l1", type=float, metavar="LAMBDA", help="the factor of the L1 penalty")
    recipe.add_argument("--l2", type=float, metavar="LAMBDA", help="the factor of the L2 penalty")
    recipe.add_argument("--keep", metavar="P[,P]", help="keep probabilities of the hidden layers (default: no dropout)")
    recipe.add_argument(
        "--patience", type=int, metavar="N", help="stop after N epochs without a lower validation loss, and go back"
    )
    recipe.add_argument(
        "--batch", type=int, metavar="N", help="examples of a step (default: all; batches are not in the notes)"
    )
    recipe.add_argument("--seed", type=int, metavar="N", help="of the split, the start, masks and batches (default: 0)")
    recipe.add_argument("--dtype", metavar="NAME", help="float64 (default) or float32")
    recipe.add_argument(
        "--lockstep", action=argparse.BooleanOptionalAction, help="whether autodiff takes the same steps (default: yes)"
    )
    recipe.add_argument(
        "--backward", metavar="FILE.py:FUNCTION", help="your own backward pass, called as manual_bp.backprop_a is"
    )
    train.add_argument(
        "--resume", metavar="MODEL", help="go on from a saved model; beside it only --epochs and files may be given"
    )
    train.add_argument("--model", metavar="PATH", help="the saved model (default: reports/out/NAME.npz)")
    train.add_argument("--json", metavar="PATH", help="the results file (default: reports/out/NAME.json)")
    train.add_argument("--html", metavar="PATH", help="the page (default: reports/out/NAME.html)")
    train.add_argument("--quiet", action="store_true", help="print the conclusion only")
