"""The usual gradient checkers, each at its defaults, on the same hand-written VJP.

Each peer is told the forward, the hand function's VJP, the primals and the cotangent, and says whether it passes. All
compare with finite differences of the forward, to order 1 and in reverse mode, which is what a hand-written VJP has.
Each one's module is imported when it is asked for, so that a missing one costs its own rows alone.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Forward = Callable[..., Any]
Vjp = Callable[[Any, Sequence[Any]], Sequence[Any]]
Case = tuple[Forward, Vjp, list[Any], Any, tuple[int, ...]]
"""forward(xp, *primals); vjp(cotangent, primals); primals; cotangent; the positions of the primals to check"""
Peer = Callable[[Case], bool]
SCIPY_LIMIT = 1e-6


def torch_gradcheck(fast: bool) -> Peer:
    """`torch.autograd.gradcheck`, slow or fast mode, of a `torch.autograd.Function`."""
    import torch

    def passes(case: Case) -> bool:
        forward, vjp, primals, _, wrt = case

        class Hand(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, *xs: Any) -> Any:
                ctx.save_for_backward(*xs)
                return torch.as_tensor(np.asarray(forward(np, *(x.detach().numpy() for x in xs))))

            @staticmethod
            def backward(ctx: Any, d: Any) -> Any:
                found = vjp(d.numpy(), [x.detach().numpy() for x in ctx.saved_tensors])
                by_position = dict(zip(wrt, found, strict=True))
                return tuple(
                    torch.as_tensor(np.array(by_position[i])) if i in by_position else None for i in range(len(primals))
                )

        xs = [torch.tensor(x, requires_grad=i in wrt) for i, x in enumerate(primals)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(torch.autograd.gradcheck(Hand.apply, xs, fast_mode=fast, raise_exception=False))

    return passes


def jax_check_grads() -> Peer:
    """`jax.test_util.check_grads` of a `jax.custom_vjp`; its finite differences run in float64."""
    import jax
    import jax.numpy as jnp
    from jax.test_util import check_grads

    def passes(case: Case) -> bool:
        forward, vjp, primals, _, wrt = case

        def whole(chosen: Sequence[Any]) -> list[Any]:
            filled = list(primals)
            for i, x in zip(wrt, chosen, strict=True):
                filled[i] = x
            return filled

        @jax.custom_vjp
        def f(*chosen: Any) -> Any:
            return forward(jnp, *whole(chosen))

        def backward(chosen: Any, d: Any) -> Any:
            shapes = tuple(jax.ShapeDtypeStruct(x.shape, x.dtype) for x in chosen)

            def by_hand(d: Any, *chosen: Any) -> Any:
                return tuple(np.asarray(g) for g in vjp(np.asarray(d), [np.asarray(x) for x in whole(chosen)]))

            return jax.pure_callback(by_hand, shapes, d, *chosen)

        f.defvjp(lambda *chosen: (f(*chosen), chosen), backward)
        with jax.enable_x64(True):
            try:
                check_grads(f, tuple(jnp.asarray(primals[i]) for i in wrt), order=1, modes=["rev"])
            except AssertionError:
                return False
        return True

    return passes


def autograd_check_grads() -> Peer:
    """`autograd.test_util.check_grads` of a `primitive` with `defvjp`."""
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    def passes(case: Case) -> bool:
        forward, vjp, primals, _, wrt = case
        f = primitive(lambda *xs: forward(np, *xs))
        defvjp(
            f,
            *(lambda _answer, *xs, k=k: lambda d: np.asarray(vjp(np.asarray(d), xs)[k]) for k in range(len(wrt))),
            argnums=wrt,
        )
        try:
            check_grads(f, wrt, modes=["rev"], order=1)(*primals)
        except AssertionError:
            return False
        return True

    return passes


def scipy_check_grad() -> Peer:
    """`scipy.optimize.check_grad` of the sum of cotangent times output: passes below 1e-6."""
    from scipy.optimize import check_grad

    def passes(case: Case) -> bool:
        forward, vjp, primals, cotangent, wrt = case
        ends = np.cumsum([np.size(primals[i]) for i in wrt])[:-1]

        def whole(x: Any) -> list[Any]:
            parts = [p.reshape(np.shape(primals[i])) for p, i in zip(np.split(x, ends), wrt, strict=True)]
            return _filled(primals, wrt, parts)

        def loss(x: Any) -> float:
            return float(np.sum(cotangent * forward(np, *whole(x))))

        def gradient(x: Any) -> Any:
            return np.concatenate([np.ravel(g) for g in vjp(cotangent, whole(x))])

        start = np.concatenate([np.ravel(primals[i]) for i in wrt])
        return bool(check_grad(loss, gradient, start) < SCIPY_LIMIT)

    return passes


def _filled(primals: Sequence[Any], wrt: Sequence[int], chosen: Sequence[Any]) -> list[Any]:
    filled = list(primals)
    for i, x in zip(wrt, chosen, strict=True):
        filled[i] = x
    return filled


PEERS: dict[str, Callable[[], Peer]] = {
    "torch gradcheck": lambda: torch_gradcheck(fast=False),
    "torch gradcheck, fast": lambda: torch_gradcheck(fast=True),
    "jax check_grads": jax_check_grads,
    "autograd check_grads": autograd_check_grads,
    "scipy check_grad < 1e-6": scipy_check_grad,
}


def installed() -> tuple[dict[str, Peer], list[str]]:
    """The peers that can be imported, and the names of those that can't."""
    found, missing = {}, []
    for name, make in PEERS.items():
        try:
            found[name] = make()
        except ImportError:
            missing.append(name)
    return found, missing
