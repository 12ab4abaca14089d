"""`manual-bp train`: exit codes, what it prints and writes, interruption, bad input."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from manual_bp import training
from tests.documents import run
from tests.test_independence import graph
from tests.trained import NO_MASK, blobs, loaded
from verify.training import command, saved_model
from verify.training.recipe import DEFAULTS
from verify.training.running import Run

QUICK = ("--layers", "4", "--activation", "tanh", "--rate", "0.5", "--epochs", "8")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """With blobs.npz, whose second feature is constant."""
    monkeypatch.chdir(tmp_path)
    X, labels = blobs()
    X[:, 1] = 2.5
    np.savez(tmp_path / "blobs.npz", X=X, y=labels)
    return tmp_path


def train(*arguments: str) -> int:
    return run("train", "blobs.npz", *QUICK, *arguments)


def test_a_training_writes_model_and_results(folder, capsys):
    assert train() == 0
    out = capsys.readouterr().out
    assert "blobs.npz, 3-4-3 · tanh, softmax · 48 examples · 8 epochs · seed 0" in out
    assert "1 constant feature, centred but not scaled: column 2" in out
    assert "in step with autodiff throughout: gradients within" in out
    assert "Results: reports/out/blobs.json  Model: reports/out/blobs.npz" in out
    content = loaded(folder / "reports/out/blobs.json")
    assert set(content) == {
        "format", "kind", "document", "conclusion", "passes", "advice", "provenance", "data", "recipe", "train_accuracy",
        "validation_accuracy", "test_accuracy", "test_loss", "seconds", "max_relative_parameter_difference", "stopped",
        "curves", "lockstep", "model",
    }
    assert (content["format"], content["kind"], content["document"]) == (1, "training", "blobs.npz, 3-4-3")
    assert content["passes"] is True
    assert content["advice"] is None
    assert content["stopped"] == {"why": "epochs", "step": 8, "best_step": 8}
    assert content["data"] == {
        "name": "blobs.npz", "source": "blobs.npz", "features": 3, "classes": ["0", "1", "2"], "train": 48, "validation": 0,
        "test": 12, "constant_features": ["column 2"], "notes": content["data"]["notes"],
    }
    assert content["recipe"] == {
        "widths": [3, 4, 3], "activations": ["tanh", "softmax"], "loss": "cross_entropy",
        "initialization": "he for relu, xavier for others", "rate": 0.5, "epochs": 8, "l1": 0.0, "l2": 0.0, "keep": None,
        "patience": None, "batch": None, "dtype": "float64",
    }
    assert content["provenance"]["command"] == "manual-bp train blobs.npz --layers 4 --activation tanh --rate 0.5 --epochs 8"
    assert len(content["provenance"]["data_sha256"]) == 64
    curves = content["curves"]
    assert curves["step"] == list(range(9))
    assert curves["validation_loss"] is curves["validation_accuracy"] is None
    assert {len(curves[name]) for name in ("loss", "train_accuracy", "reference_loss", "distance", "gradient_error")} == {9}
    assert curves["loss"] == sorted(curves["loss"], reverse=True)
    assert curves["loss"] == pytest.approx(curves["reference_loss"], rel=1e-12)
    lockstep = content["lockstep"]
    assert lockstep == {
        "steps": 8, "together": True, "worst_gradient_error": max(curves["gradient_error"]), "parted": None,
        "kinks": {"at": 0, "crossed": 0},
    }
    assert content["max_relative_parameter_difference"] == max(curves["distance"]) < 1e-13
    model = saved_model.load(folder / content["model"])
    assert (model.why, model.state.step, model.recipe.widths) == ("epochs", 8, (3, 4, 3))


def test_a_seed_determines_the_results(folder):
    def content(*arguments: str):
        assert train("--keep", "0.8", "--validation", "0.2", "--quiet", *arguments) == 0
        found = loaded(folder / "reports/out/blobs.json")
        for key in ("seconds", "provenance"):
            found.pop(key)
        return found

    assert content() == content()
    assert content("--no-lockstep")["curves"]["loss"] != content("--no-lockstep", "--seed", "1")["curves"]["loss"]


def test_without_lockstep_nothing_is_compared(folder, capsys):
    assert train("--no-lockstep", "--quiet") == 0
    out = capsys.readouterr().out
    assert out.startswith("Trained for 8 steps: test accuracy")
    assert out.count("\n") == 1
    content = loaded(folder / "reports/out/blobs.json")
    assert content["lockstep"] is content["max_relative_parameter_difference"] is None
    assert content["curves"]["distance"] is content["curves"]["gradient_error"] is content["curves"]["reference_loss"] is None


def test_a_missing_mask_is_named(folder, capsys):
    (folder / "derivation.py").write_text(NO_MASK)
    assert train("--keep", "0.5", "--backward", "derivation.py:backward") == 1
    out = capsys.readouterr().out
    assert "not in step with autodiff: at step 1 dW[" in out
    assert "Look at layer 1 in the backward pass: the backward pass has no mask in layer 1" in out
    content = loaded(folder / "reports/out/blobs.json")
    assert content["passes"] is False
    parted = content["lockstep"]["parted"]
    assert (parted["step"], parted["what"], parted["layer"], parted["parameter"]) == (1, "gradient", 1, "W")
    assert len(parted["entry"]) == 2
    assert content["lockstep"]["together"] is False


def test_options_become_a_recipe(folder):
    arguments = (
        "--layers", "5,4", "--activation", "relu,tanh", "--output", "sigmoid", "--initialization", "bengio", "--l1", "0.1",
        "--l2", "0.2", "--keep", "0.5,0.8", "--patience", "50", "--batch", "9", "--seed", "3", "--dtype", "float32",
    )
    assert train(*arguments, "--no-lockstep", "--epochs", "2", "--json", "a.json", "--model", "m.npz") == 0
    content = loaded(folder / "a.json")
    assert content["recipe"] == {
        "widths": [3, 5, 4, 3], "activations": ["relu", "tanh", "sigmoid"], "loss": "binary_cross_entropy",
        "initialization": "bengio", "rate": 0.5, "epochs": 2, "l1": 0.1, "l2": 0.2, "keep": [0.5, 0.8, 1.0], "patience": 50,
        "batch": 9, "dtype": "float32",
    }
    assert content["provenance"]["seed"] == 3
    assert content["data"]["validation"] == 12
    assert content["model"] == "m.npz"
    assert content["stopped"]["step"] == 8


def test_two_classes_have_one_output(folder):
    X, labels = blobs(classes=2)
    np.savez(folder / "two.npz", X=X, y=labels)
    assert run("train", "two.npz", "--layers", "none", "--no-lockstep", "--epochs", "30", "--quiet") == 0
    content = loaded(folder / "reports/out/two.json")
    assert content["recipe"]["widths"] == [3, 1]
    assert content["test_accuracy"] > 0.8


def test_divergence_is_told_with_advice(folder, capsys):
    assert train("--rate", "1e6", "--l2", "1e3", "--epochs", "200") == 1
    out = capsys.readouterr().out
    assert "Diverged after" in out
    assert "Train with a smaller --rate than 1e+06, as 100000." in out
    content = loaded(folder / "reports/out/blobs.json")
    assert content["stopped"]["why"] == "diverged"
    assert content["passes"] is False
    assert content["curves"]["loss"][-1] in ("nan", "inf")
    assert content["lockstep"]["together"] is True
    assert run("train", "--resume", "reports/out/blobs.npz", "--epochs", "300") == 2
    assert "train from the start with a smaller --rate" in capsys.readouterr().err


def test_a_drift_without_a_mistake_is_told(folder, capsys):
    """A rate at which the loss goes up and down: it amplifies rounding, and every step is right all the same."""
    assert train("--layers", "6,6", "--rate", "8", "--epochs", "300", "--dtype", "float32") == 0
    content = loaded(folder / "reports/out/blobs.json")
    assert content["max_relative_parameter_difference"] > 3.5e-4
    assert content["lockstep"]["together"] is True
    assert "and yet the parameters moved apart by" in content["conclusion"]
    assert "A smaller --rate keeps them together" in content["advice"]
    assert content["advice"] in capsys.readouterr().out


IN_PLACE = {
    "targets": "Y[:] = np.roll(Y, 1, axis=0)", "layers": "layers[-1].b[...] += 0.1", "trace": "trace.A[-1][...] -= Y",
    "features": "trace.A[0][...] = 0", "masks": "dropout[0].D[...] = True",
}


@pytest.mark.parametrize("changed", IN_PLACE)
def test_a_backward_pass_can_not_change_its_arguments(folder, capsys, changed):
    (folder / "own.py").write_text(
        "import numpy as np\nfrom manual_bp import backprop_a\n\ndef f(trace, layers, Y, loss, dropout, *, stable):\n"
        f"    {IN_PLACE[changed]}\n    return backprop_a(trace, layers, Y, loss, dropout, stable=stable)\n"
    )
    assert train("--keep", "0.5", "--backward", "own.py:f") == 2
    assert "can't be changed in place, so copy what it works on" in capsys.readouterr().err


def test_a_backward_pass_that_leaves_is_an_error(folder, capsys):
    (folder / "leaves.py").write_text("import sys\n\ndef f(*_, **__):\n    sys.exit(0)\n")
    assert train("--backward", "leaves.py:f") == 2
    assert "leaves.py:f failed at step 1: SystemExit" in capsys.readouterr().err


def test_a_backward_pass_may_import_what_stands_beside_it_and_define_classes(folder):
    (folder / "sub").mkdir()
    (folder / "sub/beside_it.py").write_text("from manual_bp import backprop_a as own\n")
    (folder / "sub/with_classes.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom beside_it import own\n\n"
        "@dataclass\nclass C:\n    x: int\n\ndef f(*a, **k):\n    return own(*a, **k)\n"
    )
    assert train("--backward", "sub/with_classes.py:f") == 0


def test_a_slope_at_a_kink_is_told_from_rounding(folder):
    """With dropout whole columns of Z are 0, where a slope of 0 is as right as the one of the notes, 1."""
    (folder / "strict.py").write_text(
        "import numpy as np\nfrom manual_bp import Gradients\n\ndef f(trace, layers, Y, loss, dropout, *, stable):\n"
        "    N, m = len(layers), Y.shape[1]\n    dZ, dW, db = trace.A[-1] - Y, [], []\n"
        "    for l in range(N, 0, -1):\n"
        "        dW.insert(0, dZ @ trace.A[l - 1].T / m)\n        db.insert(0, dZ.sum(1, keepdims=True) / m)\n"
        "        if l > 1:\n            drop = dropout[l - 2]\n"
        "            dZ = layers[l - 1].W.T @ dZ * drop.D / drop.p * (trace.Z[l - 2] > 0)\n"
        "    return Gradients(dZ=(), dA=(), dW=tuple(dW), db=tuple(db), dX=None)\n"
    )
    assert train(
        "--layers", "6,6", "--activation", "relu", "--keep", "0.4", "--epochs", "1", "--backward", "strict.py:f"
    ) == 0
    content = loaded(folder / "reports/out/blobs.json")
    assert content["lockstep"]["kinks"]["at"] > 0
    assert "were exactly 0, where another slope is as right" in content["advice"]
    assert "rounding alone" not in content["conclusion"]


# -- interrupted and resumed -------------------------------------------------------------------------------------------


def test_an_interruption_keeps_the_model_and_resume_goes_on(folder, capsys, monkeypatch):
    arguments = ("--keep", "0.5", "--validation", "0.2")
    assert train(*arguments, "--model", "whole.npz", "--json", "whole.json") == 0
    original = Run._step

    def interrupted(self, one, random):
        if self.state.step == 5:
            raise KeyboardInterrupt
        original(self, one, random)

    monkeypatch.setattr(Run, "_step", interrupted)
    capsys.readouterr()
    assert train(*arguments) == 130
    out = capsys.readouterr().out
    assert "Interrupted after 5 steps; the parameters of step 5 are kept" in out
    assert "Go on with: manual-bp train --resume reports/out/blobs.npz" in out
    content = loaded(folder / "reports/out/blobs.json")
    assert (content["stopped"]["why"], content["passes"], content["advice"]) == ("interrupted", False, "Go on with --resume.")
    monkeypatch.setattr(Run, "_step", original)
    assert run("train", "--resume", "reports/out/blobs.npz") == 0
    assert "Going on from step 5." in capsys.readouterr().out
    whole, resumed = saved_model.load(folder / "whole.npz"), saved_model.load(folder / "reports/out/blobs.npz")
    for one, other in zip(whole.layers, resumed.layers, strict=True):
        assert one.W.tobytes() == other.W.tobytes()
        assert one.b.tobytes() == other.b.tobytes()
    a, b = loaded(folder / "whole.json"), loaded(folder / "reports/out/blobs.json")
    assert {**a, "seconds": 0, "provenance": 0, "model": 0} == {**b, "seconds": 0, "provenance": 0, "model": 0}


@pytest.mark.skipif(os.name == "nt", reason="SIGINT is sent")
def test_ctrl_c(folder):
    arguments = ("train", "blobs.npz", *QUICK, "--no-lockstep", "--epochs", "100000000")
    process = subprocess.Popen(
        [sys.executable, "-c", "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
         f"import sys; from verify.cli import main; sys.exit(main({list(arguments)!r}))"],
        stdout=subprocess.PIPE, text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("blobs.npz, 3-4-3")
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted after" in out
    assert saved_model.load(folder / "reports/out/blobs.npz").state.step > 0


def refused(capsys, *arguments: str) -> str:
    assert run("train", *arguments) == 2
    return capsys.readouterr().err


def test_what_cannot_be_resumed(folder, capsys):
    assert train("--no-lockstep", "--quiet") == 0
    model = "reports/out/blobs.npz"
    assert "was trained for 8 of 8 steps; give more --epochs than 8" in refused(capsys, "--resume", model)
    assert "--rate, --seed can't be changed with --resume" in refused(capsys, "--resume", model, "--rate", "1", "--seed", "0")
    assert "was trained on blobs.npz; leave out moons" in refused(capsys, "moons", "--resume", model)
    assert "there is no model none.npz" in refused(capsys, "--resume", "none.npz")
    assert "is no model of manual-bp train" in refused(capsys, "--resume", "blobs.npz")
    X, labels = blobs(seed=1)
    np.savez(folder / "blobs.npz", X=X, y=labels)
    assert "its content changed; train from the start" in refused(capsys, "--resume", model, "--epochs", "9")


# -- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.npz",), "none.npz is no data set and no file"),
        (("blobs.npz", "--rate", "0"), "--rate is 0.0; expected a number above 0"),
        (("blobs.npz", "--layers", "4,x"), "--layers is '4,x'; expected whole numbers between commas"),
        (("blobs.npz", "--layers", "4", "--activation", "relu,tanh"), "--activation has 2 values for 1 hidden layers"),
        (("blobs.npz", "--keep", "0.5,0.5"), "--keep has 2 values for 1 hidden layers"),
        (("blobs.npz", "--keep", "high"), "--keep is 'high'; expected numbers between commas"),
        (("blobs.npz", "--batch", "100"), "--batch is 100; the training set has 48 examples"),
        (("blobs.npz", "--seed", "-1"), "--seed is -1; expected 0 or more"),
        (("blobs.npz", "--json", "blobs.npz"), "both name blobs.npz"),
        (("blobs.npz", "--json", "a", "--model", "a"), "--model and --json both name a"),
        (("blobs.npz", "--json", "."), ". is a folder; name a file"),
        (("blobs.npz", "--backward", "backward"), "expected FILE.py:FUNCTION"),
        (("blobs.npz", "--backward", "none.py:f"), "there is no file none.py"),
        (("blobs.npz", "--backward", "bad.py:g"), "bad.py has no function g"),
        (("blobs.npz", "--backward", "broken.py:g"), "broken.py can't be run: ZeroDivisionError"),
        (("blobs.npz", "--backward", "bad.py:f"), "--backward bad.py:f failed at step 1: TypeError: it returned what is int; expected manual_bp.Gradients of 2 layers"),
    ],
)
def test_bad_input(folder, capsys, arguments, message):
    (folder / "bad.py").write_text("def f(*arguments, **named): return 1\n")
    (folder / "broken.py").write_text("1 / 0\n")
    assert message in refused(capsys, *arguments, "--no-lockstep")
    assert not (folder / "reports/out/blobs.json").exists()


def test_a_mistake_of_ours_is_an_internal_error(folder, capsys, monkeypatch):
    monkeypatch.setattr(training, "regularized_gradients", lambda *arguments: 1 / 0)
    assert train("--no-lockstep") == 3
    assert "internal error: division by zero" in capsys.readouterr().err


@pytest.mark.parametrize("module", ["run", "listing", "showing", "errata", "report", "compare", "pytest_plugin"])
def test_nothing_of_training_is_imported_for_the_other_commands(module):
    assert not {name for name in graph(f"verify.{module}") if name.startswith("verify.training")}
    assert "verify.training.running" in graph("verify.training.command")


# -- data sets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "least"), [("digits", 0.94), ("breast-cancer", 0.95), ("moons", 0.93)])
def test_the_defaults_train(folder, name, least):
    """One seed, and of digits fewer epochs: it takes longer."""
    pytest.importorskip("sklearn")
    fewer = ("--epochs", "120") if name == "digits" else ()
    assert run("train", name, "--no-lockstep", "--quiet", *fewer) == 0
    content = loaded(folder / f"reports/out/{name}.json")
    assert content["test_accuracy"] > least
    assert content["recipe"]["rate"] == DEFAULTS[name].rate


def test_tanh_stays_within_1e_10(folder):
    pytest.importorskip("sklearn")
    assert run("train", "breast-cancer", "--activation", "tanh", "--epochs", "500", "--quiet") == 0
    content = loaded(folder / "reports/out/breast-cancer.json")
    assert 0 < content["max_relative_parameter_difference"] < 1e-10
    assert len(content["curves"]["step"]) <= 502
    assert content["curves"]["step"][-1] == 500


def test_curves_are_thinned(folder):
    assert train("--no-lockstep", "--quiet", "--epochs", "1234", "--validation", "0.2") == 0
    curves = loaded(folder / "reports/out/blobs.json")["curves"]
    assert 400 < len(curves["step"]) < 505
    assert (curves["step"][0], curves["step"][-1]) == (0, 1234)
    assert len(json.dumps(curves)) < 100_000
    assert command.VALIDATION == 0.2


def test_resuming_elsewhere_names_the_data_that_is_missing(folder, monkeypatch, capsys):
    assert train() == 0
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    assert run("train", "--resume", "../reports/out/blobs.npz", "--epochs", "20") == 2
    assert "was trained on blobs.npz, which is not there; resume where training began" in capsys.readouterr().err
