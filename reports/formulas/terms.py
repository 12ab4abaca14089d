"""Terms of a formula: MathML with how tightly it binds, and names as mathematicians write them."""

import ast
import re
from dataclasses import dataclass

from markupsafe import Markup, escape

RELATION, SUM, PREFIX, HADAMARD, MATRIX, SCALED, RAISED, ATOM = range(8)

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eps": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "kappa": "κ", "lambda": "λ", "lam": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ",
    "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}
_ACCENTS = {"hat": "ˆ", "bar": "¯", "tilde": "˜"}
_SYMBOL = "|".join(["[A-Za-z]", *sorted(GREEK, key=len, reverse=True)])
_NAME = re.compile(rf"(d?)({_SYMBOL})(hat|bar|tilde|)(\d*)((?:_[A-Za-z0-9]+)*)_?")


class NoFormula(Exception):
    """Raised for code that can't be shown as a formula without the risk of saying something else."""


@dataclass(frozen=True)
class Term:
    """MathML that binds at a level.

    scalar : whether it is certainly one number
    digit : whether it begins with a digit, or a fraction
    negated : what it is the negative of
    big : whether it is a sum of an array's entries, which ends where a + or - follows
    """

    markup: Markup
    level: int = ATOM
    scalar: bool = False
    digit: bool = False
    negated: "Term | None" = None
    big: bool = False

    def at(self, level: int) -> Markup:
        """The term in parentheses unless it binds at least at that level."""
        return self.markup if self.level >= level else self.bracketed()

    def bracketed(self) -> Markup:
        return parenthesized(self.markup)


def negative(term: Term) -> Term:
    inner = term.markup if term.big else term.at(HADAMARD)
    return Term(row(operator("−", form="prefix"), inner), PREFIX, term.scalar, negated=term)


def product(left: Term, right: Term, level: int) -> Term:
    """A product of a kind: HADAMARD, MATRIX, or SCALED, by one number.

    (-a) b is -(a b), to the bit. Products of one kind chain from the left; one of another kind stands in parentheses.
    """
    if left.negated is not None:
        return negative(product(left.negated, right, level))
    first = left.markup if left.level >= SCALED or left.level == level else left.bracketed()
    if level == HADAMARD:
        sign = operator("⊙")
    elif right.digit or right.level < RAISED or left.markup == variable("d"):  # dZ is another thing
        sign = operator("⋅")
    else:
        sign = operator("\N{INVISIBLE TIMES}", lspace="0", rspace="0.17em")
    return Term(row(first, sign, right.at(RAISED)), level, left.scalar and right.scalar, left.digit)


def power(base: Term, exponent: Term) -> Term:
    """A power, entry by entry: with a minus in the exponent a fraction, since a matrix to the -1 is its inverse."""
    scalar = base.scalar and exponent.scalar
    if exponent.negated is not None:
        one = exponent.negated.markup == element("mn", "1")
        below = base.markup if one else element("msup", base.at(ATOM), exponent.negated.markup)
        return Term(element("mfrac", element("mn", "1"), below), RAISED, scalar, digit=True)
    if exponent.markup == element("mn", "0.5"):
        return Term(element("msqrt", base.markup), RAISED, scalar)
    return Term(element("msup", base.at(ATOM), exponent.markup), RAISED, scalar, base.digit)


def element(tag: str, *content: Markup | str, **attributes: str) -> Markup:
    given = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    return Markup(f"<{tag}{given}>{''.join(map(escape, content))}</{tag}>")


def operator(text: str, **attributes: str) -> Markup:
    if text in "⊙⊗":
        attributes["largeop"] = "false"  # Firefox takes them for large operators
    return element("mo", text, **attributes)


def text(words: str) -> Markup:
    return element("mtext", words.replace(" ", "\N{NO-BREAK SPACE}"))


def row(*content: Markup) -> Markup:
    return element("mrow", *content)


def variable(name: str) -> Markup:
    """A variable: one letter with what hangs on it, `dX_prev`, `sigma2`, `lam`, or a word as it is."""
    match = _NAME.fullmatch(name)
    if match is None or re.search("_d[A-Z]", name):  # dL_dZ is no dL with an index
        return element("mi", name) if len(name) > 1 else row(element("mi", name))
    differential, symbol, accent, digits, rest = match.groups()
    shown = element("mi", GREEK[symbol], mathvariant="normal") if symbol[:1].isupper() and symbol in GREEK else (
        element("mi", GREEK.get(symbol, symbol))
    )
    if accent:
        shown = element("mover", shown, operator(_ACCENTS[accent], stretchy="false"), accent="true")
    below = [
        element("mn" if part.isdigit() else "mi", GREEK.get(part, part))
        for part in rest.split("_") if part and part != "prime"
    ]
    above = [operator("′")] * rest.split("_").count("prime")
    if digits and symbol == "sigma":  # the variance
        above.insert(0, element("mn", digits))
    elif digits:
        below.insert(0, element("mn", digits))
    shown = hung(shown, below, above)
    return row(element("mi", "d"), shown) if differential else shown


def hung(base: Markup, below: list[Markup], above: list[Markup]) -> Markup:
    under, over = row(*separated(below)), row(*above)
    if below and above:
        return element("msubsup", base, under, over)
    return element("msub", base, under) if below else element("msup", base, over) if above else base


def function(name: str) -> Markup:
    """A function's name: upright, with a prime for `_prime`, Greek where it is a Greek letter."""
    stem, primes = re.sub(r"(?:_prime)+\Z", "", name), len(re.findall(r"_prime(?=_prime|\Z)", name))
    if not stem:
        return element("mi", name)
    letter = GREEK.get(stem, stem)
    base = element("mi", letter)
    return element("msup", base, operator("′" * primes)) if primes else base


def applied(name: Markup, arguments: list[Markup]) -> Term:
    return Term(row(name, operator("\N{FUNCTION APPLICATION}"), parenthesized(*separated(arguments))))


def parenthesized(*inside: Markup) -> Markup:
    """Parentheses grow with fractions, sums and tables alone, not with every index."""
    high = any(f"<{tag}" in part for part in inside for tag in ("mfrac", "munder", "mtable", "msqrt"))
    return row(
        operator("(", stretchy=str(high).lower()), *inside, operator(")", stretchy=str(high).lower())
    )


def separated(parts: list[Markup]) -> list[Markup]:
    """With commas between them."""
    return [piece for part in parts for piece in (operator(","), part)][1:]


def number(value: float) -> Term:
    if value != value or abs(value) == float("inf"):
        raise NoFormula("a number that is not finite")
    digits, _, exponent = repr(value).partition("e")
    if digits.endswith(".0"):
        digits = digits[:-2]
    if not exponent:
        return Term(element("mn", digits), ATOM, scalar=True, digit=True)
    power = element("msup", element("mn", "10"), signed(int(exponent)))
    if digits == "1":
        return Term(power, RAISED, scalar=True, digit=True)
    return Term(row(element("mn", digits), operator("⋅"), power), SCALED, scalar=True, digit=True)


def signed(value: int) -> Markup:
    return element("mn", str(value)) if value >= 0 else row(operator("−"), element("mn", str(-value)))


def filled(node: ast.expr) -> bool:
    """Whether an array of ones or zeros is in it, which stands as a number in formulas entry by entry."""
    return any(isinstance(part, ast.Attribute) and part.attr in ("ones_like", "zeros_like") for part in ast.walk(node))
