"""Section 7.2, dropout: the masks, their law, and the forward pass."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st

import manual_bp as bp
from manual_bp import dropout
from verify import definition, identity, keep_probability, mask, measurement, statistic
from verify.notes.section_7 import SECTION

MASKED = {"A": "n m", "D": "n m", "p": ""}
MASKS = {"D": mask, "p": keep_probability}


# -- the mask ----------------------------------------------------------------------------------------------------------

definition(
    label="7.2p", section=SECTION,
    equation=r"\text{for each hidden layer } l \text{: each neuron in layer } l \text{ is kept with probability } "
    r"p^{[l]}",
    because="a mask of its own for each training example; the hidden layers only, although (a) says each layer (E16b)",
)


class Uniform:
    """In place of a generator: its uniform numbers are the given ones."""

    def __init__(self, U: Any) -> None:
        self.U, self.single = U, iter(U.ravel())

    def random(self, shape: tuple[int, ...] | None = None) -> Any:
        """All of them, or the next one."""
        if shape is None:
            return next(self.single)
        assert shape == self.U.shape, f"{shape} uniform numbers were asked for, not {self.U.shape}"
        return self.U


BELOW_1 = np.array([0.0, 0.25, 0.5, 0.75, 1 - 2.0**-53])
UNIFORM = st.tuples(
    st.tuples(st.integers(1, 3), st.integers(1, 3)), st.integers(0, 99), st.sampled_from((0.25, 0.5, 0.75, 1.0))
).map(lambda x: {"U": np.random.default_rng(x[1]).choice(BELOW_1, x[0]), "p": np.float64(x[2])})


@measurement(
    equals=lambda U, p: np.clip(np.sign(p - U), 0, 1), within=1e-9, inputs=UNIFORM, label="7.2a@U", section=SECTION,
    uses=("7.2p",), equation=r"D^{[l]} = (U < p^{[l]}), \quad U \in [0, 1)",
    because="U is never 1, so that p = 1 keeps everything; where U is p itself the neuron is dropped",
)
def mask_of_uniform_numbers(U: Any, p: Any) -> Any:
    return dropout.draw_mask(Uniform(U), p, *U.shape)  # type: ignore[arg-type]


@identity(
    of=lambda U: jnp.ones(U.shape), label="7.2a@other", section=SECTION, shapes={"U": "n m"},
    domains={"U": st.sampled_from((0.0, 0.5, 1.0))}, uses=("7.2p",), expect="refuted", corrected_by="7.2a@U",
    equation=r"D^{[l]} \text{ with uniformly distributed element in } [0, 1] \quad (p^{[l]} = 1)",
    because="with 1 among the uniform numbers, p = 1 would not keep everything; NumPy's are in [0, 1)",
    counterexample={"U": [[1.0, 0.5]]},
)
def mask_of_closed_interval(U: Any) -> Any:
    return dropout.draw_mask(Uniform(U), 1.0, *U.shape)  # type: ignore[arg-type]


def second_moments(p: Any) -> Any:
    """E[D_s D_t] for independent entries of masks that are 1 with probabilities p: p_s p_t, and p_s where s = t."""
    shape, p = np.shape(p), np.ravel(p)
    return (np.outer(p, p) + np.diag(p - p**2)).reshape(shape * 2)


def products(D: Any) -> Any:
    """D_s D_t for all pairs of entries s and t of a mask; the draws are along the first axis."""
    s, t = [..., *[None] * (D.ndim - 1)], [slice(None), *[None] * (D.ndim - 1)]
    return D[tuple(s)] * D[tuple(t)]


@statistic(
    equals=lambda p: second_moments(np.full((2, 3), p)), draws=2000, label="7.2a", section=SECTION,
    domains={"p": (0.35, 0.6, 0.9, 1.0)}, uses=("7.2p", "7.2a@U"),
    equation=r"D^{[l]} = (D^{[l]} < p^{[l]}) \quad \text{(or iid Bernoulli elements with probability } p^{[l]})",
    because="of each entry the mean p and with it the variance p (1 - p), of each pair of entries that they are "
    "independent; the shape is that of A, (n, m)",
)
def law_of_a_mask(rng: np.random.Generator, p: Any, draws: int) -> Any:
    return products(np.stack([dropout.draw_mask(rng, p, 2, 3) for _ in range(draws)]))


KEEP, WIDTHS = (0.35, 1.0, 0.8, 1.0), (2, 3, 1, 2)


@statistic(
    equals=second_moments([0.35] * 4 + [0.8] * 2), draws=2000, label="7.2a@layers", section=SECTION, uses=("7.2a",),
    equation=r"D^{[1]}, \dots, D^{[N-1]} \text{ independent}, \quad D^{[l]}: (n^{[l]}, m)",
    because="one mask for each hidden layer, of its probability and its shape, and none where p is 1",
)
def law_of_the_masks(rng: np.random.Generator, draws: int) -> Any:
    def masks() -> Any:
        drawn = bp.draw_dropout(rng, KEEP, WIDTHS, 2)                       # D[1] is (2, 2) and D[3] is (1, 2)
        return np.concatenate([np.reshape(x.D, (2 * n,)) for x, n in zip(drawn, WIDTHS, strict=True) if x is not None])

    return products(np.stack([masks() for _ in range(draws)]))


@measurement(
    equals=np.array([[0.35, 2, 3], [0, 0, 0], [0.8, 1, 3], [0, 0, 0]]), within=1e-9, label="7.2a@draw", section=SECTION,
    uses=("7.2a@layers",), equation=r"p^{[l]} \text{ and the dimensions of } D^{[l]}; \quad \text{0 for no mask}",
    because="a layer with p = 1 and the output layer have no mask",
)
def dropout_of_a_network() -> Any:
    drawn = bp.draw_dropout(np.random.default_rng(0), KEEP, WIDTHS, 3)
    return np.array([(0, 0, 0) if x is None else (x.p, *x.D.shape) for x in drawn])


def refused(call: Any) -> bool:
    """Whether a call raises the error of an argument that does not fit, or of training that diverges."""
    try:
        call()
    except (TypeError, ValueError, FloatingPointError):
        return True
    return False


A_MASK = np.array([[True, False, True], [False, True, True]])
REFUSED = {
    "p = 0 in a mask": lambda rng: dropout.draw_mask(rng, 0.0, 2, 3),
    "p > 1 in a mask": lambda rng: dropout.draw_mask(rng, 1.5, 2, 3),
    "p = 0 with a mask": lambda rng: bp.Dropout(A_MASK, 0.0),
    "p > 1 with a mask": lambda rng: bp.Dropout(A_MASK, 1.5),
    "p = 0 for a network": lambda rng: bp.draw_dropout(rng, (0.5, 0.0, 1.0), (2, 2, 1), 3),
    "p > 1 for a network": lambda rng: bp.draw_dropout(rng, (0.5, 1.5, 1.0), (2, 2, 1), 3),
    "masks for an output layer": lambda rng: bp.draw_dropout(rng, (0.5, 0.5), (2, 1), 3),
    "too few probabilities": lambda rng: bp.draw_dropout(rng, (0.5,), (2, 1), 3),
    "no examples": lambda rng: bp.draw_dropout(rng, (0.5, 1.0), (2, 1), 0),
    "entries that are not 0 or 1": lambda rng: bp.Dropout(np.array([[0.5, 1.0]]), 0.5),
    "a flat mask": lambda rng: bp.Dropout(A_MASK[0], 0.5),
    "a mask of the output": lambda rng: dropout.require_dropout((None, bp.Dropout(A_MASK, 0.5)), (3, 2), 3),
    "a mask of another width": lambda rng: dropout.require_dropout((bp.Dropout(A_MASK, 0.5), None), (3, 2), 3),
    "one column for all": lambda rng: dropout.require_dropout((bp.Dropout(A_MASK[:, :1], 0.5), None), (2, 2), 3),
    "a mask of the output, forward": lambda rng: bp.forward(
        np.ones((2, 3)), [bp.Layer(np.ones((2, 2)), np.zeros((2, 1)), bp.activation("tanh"))], [bp.Dropout(A_MASK, 0.5)]
    ),
    "too few masks": lambda rng: dropout.require_dropout((None,), (2, 1), 3),
}


@measurement(
    equals=np.ones(len(REFUSED)), within=1e-9, label="7.2p@refused", section=SECTION, uses=("7.2p", "7.2c@p=0"),
    equation=r"p^{[l]} \in (0, 1], \quad D^{[l]}: (n^{[l]}, m) \text{ for hidden layers only}",
    because="E16b: what is refused: p = 0 and p > 1, a mask of the output layer, masks of other shapes",
)
def what_is_refused() -> Any:
    return np.array([refused(lambda call=call: call(np.random.default_rng(0))) for call in REFUSED.values()])


# -- forward -----------------------------------------------------------------------------------------------------------


@identity(
    of=lambda A, D: jnp.where(D == 1, A, 0.0), label="7.2b", section=SECTION, shapes={"A": "n m", "D": "n m"},
    domains={"D": mask}, uses=("7.2a",), equation=r"A^{[l]} = A^{[l]} \odot D^{[l]}",
)
def masked(A: Any, D: Any) -> Any:
    return dropout.apply_mask(A, D, 1.0)


identity(
    of=lambda A, D, p: jnp.where(D == 1, A / p, 0.0), label="7.2c", section=SECTION, shapes=MASKED, domains=MASKS,
    uses=("7.2b",), equation=r"A^{[l]} = A^{[l]} / p^{[l]}",
)(dropout.apply_mask)


P = np.float64(0.35)  # of NumPy's type, which would make float64 of float32
FLOAT32 = st.integers(0, 7).map(np.random.default_rng).map(
    lambda rng: {name: x.astype(np.float32) for name, x in (
        ("A", rng.standard_normal((2, 3))), ("D", rng.integers(0, 2, (2, 3)))
    )}
)


@identity(
    of=lambda A, D: [A * D / 0.35] * 2, inputs=FLOAT32, label="7.2c@float32", section=SECTION, uses=("7.2c", "7.2bw"),
    equation=r"A^{[l]} \odot D^{[l]} / p^{[l]} \text{ and } dA^{[l]} \odot D^{[l]} / p^{[l]} \text{ in float32}",
)
def masked_in_float32(A: Any, D: Any) -> list[Any]:
    return [dropout.apply_mask(A, D, P), dropout.apply_mask_backward(A, bp.Dropout(D, P).D, P)]


@measurement(
    equals=lambda p: [[1 / p, 0.0]], within=1e-12, label="7.2c@low", section=SECTION, domains={"p": (0.01, 0.5)},
    uses=("7.2c",),
    equation=r"A^{[l]} \odot D^{[l]} / p^{[l]} \text{ for small } p; \quad \text{a dropped neuron is 0}",
)
def scaled_by_small_p(p: Any) -> Any:
    return dropout.apply_mask(np.ones((1, 2)), np.array([[True, False]]), p)


@measurement(
    equals=[0.5, 2.0], within=0.15, label="7.2a@apart", section=SECTION, uses=("7.2a@layers",),
    equation=r"n^{[1]} = n^{[2]}, \; p^{[1]} = p^{[2]}: \quad P(D^{[1]}_{ki} = D^{[2]}_{ki}) = \tfrac{1}{2}",
    because="layers of one width and probability have masks of their own; and a p just below 1 has one (2 of them)",
)
def masks_of_alike_layers() -> Any:
    first, second, _ = bp.draw_dropout(np.random.default_rng(0), (0.5, 0.5, 1.0), (20, 20, 1), 10)
    assert first is not None
    assert second is not None
    rare = bp.draw_dropout(np.random.default_rng(0), (0.97, 0.999, 1.0), (2, 2, 1), 3)
    return np.array([np.mean(first.D == second.D), sum(x is not None for x in rare)])
