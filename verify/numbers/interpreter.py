"""A traced JAX program evaluated by NumPy functions: no compilation, over any NumPy-like array type.

`evaluate(jaxpr, consts, inputs, rules)` walks the equations. Each primitive's rule is a NumPy function of the operands;
another number system replaces the rules that differ for it. A primitive without a rule goes to the rule `UNKNOWN`,
which gets the primitive itself (XLA can run it alone); without that one, it raises `Unsupported` by name.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jax.extend import core as jax_core

Rule = Callable[..., Any]
Observer = Callable[[Any, Sequence[Any]], None]
UNKNOWN = "*"  # a primitive without a rule
CONSTANT = "constant"  # a literal or a captured array


class Unsupported(Exception):
    """A primitive that the interpreter has no rule for; its name is the message."""


def evaluate(
    jaxpr: Any, consts: Sequence[Any], inputs: Sequence[Any], rules: Mapping[str, Rule], observe: Observer | None = None
) -> list[Any]:
    """The outputs of a jaxpr (not closed: constants apart) on NumPy-like inputs.

    `observe` sees the equations of this program and of the functions that it calls, not those inside loops.
    """
    constant = rules.get(CONSTANT, np.asarray)
    values: dict[Any, Any] = dict(zip(jaxpr.constvars, map(constant, consts), strict=True))
    values.update(zip(jaxpr.invars, inputs, strict=True))

    def read(atom: Any) -> Any:
        return constant(atom.val) if isinstance(atom, jax_core.Literal) else values[atom]

    for equation in jaxpr.eqns:
        name = equation.primitive.name
        operands = [read(atom) for atom in equation.invars]
        if observe is not None:
            observe(equation, operands)
        if _by_name(equation) in rules:
            results = [rules[_by_name(equation)](*operands)]
        elif name in _CALLS:
            results = _call(equation.params, operands, rules, observe)
        elif name in _CONTROL:
            results = _CONTROL[name](equation.params, operands, rules)
        elif name in rules:
            result = rules[name](*operands, **equation.params)
            results = list(result) if equation.primitive.multiple_results else [result]
        elif UNKNOWN in rules:
            results = rules[UNKNOWN](equation.primitive, operands, equation.params)
        else:
            raise Unsupported(name)
        values.update(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def primitives(jaxpr: Any, rules: Mapping[str, Rule]) -> set[str]:
    """The names of all primitives in a jaxpr, inner programs included; of a function with a rule, its name alone."""
    found = set()
    for equation in jaxpr.eqns:
        if _by_name(equation) in rules:
            found.add(_by_name(equation))
            continue
        if equation.primitive.name not in _CONTROL and equation.primitive.name not in _CALLS:
            found.add(equation.primitive.name)
        for inner in _inner(equation.params):
            found |= primitives(inner, rules)
    return found


def _by_name(equation: Any) -> str:
    """JAX 0.12 computes exp(-x^2) from the bits of x; the function has a rule, and its bits have none."""
    if equation.primitive.name != "custom_jvp_call":
        return ""
    program = equation.params["call_jaxpr"]
    source = getattr(getattr(program, "jaxpr", program), "debug_info", None)
    return "exp_neg_sq" if getattr(source, "func_name", "") == "exp_neg_sq" else ""


def _inner(params: Mapping[str, Any]) -> list[Any]:
    out = []
    for value in params.values():
        for item in value if isinstance(value, (tuple, list)) else (value,):
            if hasattr(item, "eqns"):
                out.append(item)
            elif hasattr(item, "jaxpr") and hasattr(item.jaxpr, "eqns"):
                out.append(item.jaxpr)
    return out


def _call(
    params: Mapping[str, Any], operands: Sequence[Any], rules: Mapping[str, Rule], observe: Observer | None
) -> list[Any]:
    program = params.get("jaxpr", params.get("call_jaxpr", params.get("fun_jaxpr")))
    if hasattr(program, "consts"):
        return evaluate(program.jaxpr, program.consts, operands, rules, observe)
    return evaluate(program, (), operands, rules, observe)


def _while(params: Mapping[str, Any], operands: Sequence[Any], rules: Mapping[str, Rule]) -> list[Any]:
    n_cond, n_body = params["cond_nconsts"], params["body_nconsts"]
    cond, body = params["cond_jaxpr"], params["body_jaxpr"]
    cond_consts, body_consts = operands[:n_cond], operands[n_cond : n_cond + n_body]
    carry = list(operands[n_cond + n_body :])
    for _ in range(MAX_ITERATIONS):
        going = np.asarray(evaluate(cond.jaxpr, cond.consts, [*cond_consts, *carry], rules)[0])
        if not going.any():
            return carry
        moved = evaluate(body.jaxpr, body.consts, [*body_consts, *carry], rules)
        # Under vmap the condition has an entry per example; an example that is done keeps its values.
        carry = moved if going.all() else [
            np.where(going.reshape(*going.shape, *(1,) * (x.ndim - going.ndim)), x, y)
            for x, y in zip(moved, carry, strict=True)
        ]
    raise Unsupported(f"while beyond {MAX_ITERATIONS} iterations")


def _scan(params: Mapping[str, Any], operands: Sequence[Any], rules: Mapping[str, Rule]) -> list[Any]:
    n_consts, n_carry = _scan_counts(params)
    length, body = params["length"], params["jaxpr"]
    program, constants = (body.jaxpr, body.consts) if hasattr(body, "consts") else (body, ())
    consts, carry = operands[:n_consts], list(operands[n_consts : n_consts + n_carry])
    xs = operands[n_consts + n_carry :]
    rows: list[list[Any]] = []
    for step in range(length):
        k = length - 1 - step if params["reverse"] else step
        out = evaluate(program, constants, [*consts, *carry, *(x[k] for x in xs)], rules)
        carry = out[:n_carry]
        rows.append(out[n_carry:])
    if params["reverse"]:
        rows.reverse()
    if not rows:
        return [*carry, *(np.zeros((0, *v.aval.shape), v.aval.dtype) for v in program.outvars[n_carry:])]
    return [*carry, *(np.stack(column) for column in zip(*rows, strict=True))]


def _scan_counts(params: Mapping[str, Any]) -> tuple[int, int]:
    """How many operands of a scan are constants, and how many are carried; JAX 0.12 keeps them as trees."""
    if "num_consts" in params:
        return params["num_consts"], params["num_carry"]
    constants, carried, _ = params["ft_in"].unpack()
    return len(list(constants.vals)), len(list(carried.vals))


def _cond(params: Mapping[str, Any], operands: Sequence[Any], rules: Mapping[str, Rule]) -> list[Any]:
    index, *rest = operands
    array = np.asarray(index)
    if array.size != 1:
        raise Unsupported("cond with an index that differs from example to example")
    branches = params["branches"]
    branch = branches[min(max(int(array.reshape(())), 0), len(branches) - 1)]
    return evaluate(branch.jaxpr, branch.consts, rest, rules)


def _linear_solve(params: Mapping[str, Any], operands: Sequence[Any], rules: Mapping[str, Rule]) -> list[Any]:
    """`lax.custom_linear_solve`: the solver that it was given."""
    lengths, solve = params["const_lengths"], params["jaxprs"].solve
    start = lengths.matvec + lengths.vecmat
    consts, rest = operands[start : start + lengths.solve], operands[sum(lengths) :]
    return evaluate(solve.jaxpr, solve.consts, [*consts, *rest], rules)


MAX_ITERATIONS = 10_000
_CALLS = frozenset({"jit", "closed_call", "checkpoint", "remat2", "custom_jvp_call", "custom_vjp_call"})
_CONTROL: dict[str, Callable[[Mapping[str, Any], Sequence[Any], Mapping[str, Rule]], list[Any]]] = {
    "while": _while,
    "scan": _scan,
    "cond": _cond,
    "custom_linear_solve": _linear_solve,
}
