"""What a factor may be made of: constants, dimension sizes, scalar inputs."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from verify.patterns.compared import Compared
from verify.patterns.observations import Array

NAMES = 6


@dataclass(frozen=True)
class Expression:
    """A value per example, how it reads, and how one multiplies by its inverse."""

    text: str
    undo: str
    values: Array
    constant: bool = False


def expressions(compared: Compared) -> Iterator[Expression]:
    """Those of the sizes and scalar inputs, simple ones first."""
    sizes = list(compared.dimensions.items())[:NAMES]
    scalars = list(compared.scalars.items())[:NAMES]
    for name, m in sizes:
        yield Expression(name, f"multiplying by 1/{name}", m)
        yield Expression(f"1/{name}", f"multiplying by {name}", 1 / m)
    for name, s in scalars:
        yield Expression(name, f"dividing by {name}", s)
        yield Expression(f"1/{name}", f"multiplying by {name}", 1 / s)
    for name, s in scalars:
        yield Expression(f"(1 - {name})", f"dividing by (1 - {name})", 1 - s)
        yield Expression(f"1/(1 - {name})", f"multiplying by (1 - {name})", 1 / (1 - s))
        yield Expression(f"{name}**2", f"dividing by {name}**2", s**2)
        yield Expression(f"1/{name}**2", f"multiplying by {name}**2", 1 / s**2)
        yield Expression(f"sqrt({name})", f"dividing by sqrt({name})", np.sqrt(s))
        yield Expression(f"1/sqrt({name})", f"multiplying by sqrt({name})", 1 / np.sqrt(s))
    for name, m in sizes:
        yield Expression(f"sqrt({name})", f"multiplying by 1/sqrt({name})", np.sqrt(m))
        yield Expression(f"1/sqrt({name})", f"multiplying by sqrt({name})", 1 / np.sqrt(m))
        yield Expression(f"({name}-1)/{name}", f"multiplying by {name}/({name}-1)", (m - 1) / m)
        yield Expression(f"{name}/({name}-1)", f"multiplying by ({name}-1)/{name}", m / (m - 1))
        yield Expression(f"({name}-1)", f"multiplying by 1/({name}-1)", m - 1)
    for (name, m), (other, n) in itertools.combinations(sizes, 2):
        yield Expression(f"{name}*{other}", f"multiplying by 1/({name}*{other})", m * n)
        yield Expression(f"1/({name}*{other})", f"multiplying by {name}*{other}", 1 / (m * n))
        yield Expression(f"{name}/{other}", f"multiplying by {other}/{name}", m / n)
        yield Expression(f"{other}/{name}", f"multiplying by {name}/{other}", n / m)
    for (name, s), (other, m) in itertools.product(scalars, sizes):
        yield Expression(f"{name}/{other}", f"multiplying by {other}/{name}", s / m)
        yield Expression(f"{other}/{name}", f"multiplying by {name}/{other}", m / s)
        yield Expression(f"{name}*{other}", f"dividing by ({name}*{other})", s * m)
    for (name, s), (other, t) in itertools.combinations(scalars, 2):
        yield Expression(f"{name}*{other}", f"dividing by ({name}*{other})", s * t)
        yield Expression(f"{name}/{other}", f"multiplying by {other}/{name}", s / t)
        yield Expression(f"{other}/{name}", f"multiplying by {name}/{other}", t / s)
    for name, m in sizes + scalars:
        yield Expression(f"2*{name}", f"multiplying by 1/(2*{name})", 2 * m)
        yield Expression(f"1/(2*{name})", f"multiplying by 2*{name}", 1 / (2 * m))
        yield Expression(f"{name}/2", f"multiplying by 2/{name}", m / 2)
        yield Expression(f"2/{name}", f"multiplying by {name}/2", 2 / m)


def constant(value: float, slack: float, examples: int) -> Expression:
    """The simplest number within `slack` of a value."""
    text, number = simple(value, slack)
    undo = simple(1 / number, 1e-14 / abs(number))[0] if number else "0"
    undo = undo if len(undo) <= 5 or " " in undo else f"1/{text}"
    return Expression(text, f"multiplying by {undo}", np.full(examples, number), constant=True)


def simple(value: float, slack: float) -> tuple[str, float]:
    """A number within `slack` of a value, and how it reads: few digits, a fraction, 1 + 1e-08, or what is there."""
    if slack < abs(value - 1) < 5e-5:
        for digits in range(1, 6):
            tiny = float(f"{value - 1:.{digits}g}")
            if abs(1 + tiny - value) <= slack:
                return f"1 {'+' if tiny > 0 else '-'} {abs(tiny):g}", 1 + tiny
    for digits in range(1, 4):
        short = float(f"{value:.{digits}g}")
        if abs(short - value) <= slack:
            return f"{short:g}", short
    for below in range(3, 13):
        above = round(value * below)
        if above and abs(above / below - value) <= slack:
            return f"{above}/{below}", above / below
    for digits in range(4, 7):
        short = float(f"{value:.{digits}g}")
        if abs(short - value) <= slack:
            return f"{short:.6g}", short
    return f"{value:.6g}", value
