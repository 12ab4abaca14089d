"""e^x as a homomorphism: an exponent in a normal form, and an oracle's random exponent for each part of it.

The normal form of x is a sum of rational multiples of monomials, a monomial being a product of what is no sum: inputs,
reciprocals, values of functions. It is read off how x was made, multiplied out as long as that stays small, and a
monomial is known by its residue alone, so that the order and the grouping of sums and products do not matter.
Logarithms in the sum are taken out of it: e^(c log u) = u^c.
"""

from typing import TYPE_CHECKING, Any

from verify.exact import field as made

if TYPE_CHECKING:
    from verify.exact.field import Residue

EXPANDED = 256  # monomials of a product beyond which it is one itself
WHOLE = 2**20  # a coefficient below is an integer, not a fraction modulo q

Terms = dict[int, int]


def power_of(x: "Residue") -> int:
    """The residue of e^x, one for equal residues. Raises Resample where u^c needs a root of u that does not exist."""
    f = x.field
    if x.v in f.raised:
        value, powers = f.raised[x.v]
    elif f.p - x.v in f.raised:
        opposite, powers = f.raised[f.p - x.v]
        value, powers = pow(opposite, -1, f.p), [(v, -c) for v, c in powers]
    else:
        before = len(f.powers)
        value = _power_of(x)
        powers = f.powers[before:]
        del f.powers[before:]
    f.asked.add(("exponent", x.v))
    f.raised[x.v] = value, powers
    f.powers += powers
    return value


def _power_of(x: "Residue") -> int:
    f = x.field
    factor, rest = 1, dict[int, int]()
    f.exponentials.add(x.v)
    for v, c in _expanded(x).items():
        if v in f.logarithms:
            factor = factor * _power(f.logarithms[v], c) % f.p if c else factor
        elif f.p - v in f.logarithms:
            factor = factor * _power(f.logarithms[f.p - v], -c % f.q) % f.p if c else factor
        elif c:
            rest[v] = c
    if not rest:
        return factor
    if frozenset((v, f.q - c) for v, c in rest.items()) not in f.exponents:
        f.exponents[frozenset(rest.items())] = rest
    total = sum(c * f.oracle("exp", v) for v, c in rest.items())
    return factor * pow(made._GENERATOR, total % f.q, f.p) % f.p


def _power(u: "Residue", c: int) -> int:
    """u^c for a rational number c, given modulo q."""
    f = u.field
    c = c - f.q if c > f.q // 2 else c
    if abs(c) > WHOLE:
        f.radicands.add(u.v)
        f.fractions.add(c % f.q)
        if pow(u.v, f.q, f.p) != 1:
            raise made.Resample("the base of a power is no square")
    if u.v == 0:
        raise made.Resample("the base of a power is zero")
    f.powers.append((u.v, c if abs(c) <= WHOLE else 0))
    return pow(u.v, c, f.p)


def summands(x: "Residue") -> list[tuple[int, "Residue"]]:
    """x as a sum of rational multiples, the numbers modulo q, of what is neither a sum nor a multiple."""
    q, out, waiting = x.field.q, [], [(1, x)]
    while waiting:
        c, part = waiting.pop()
        kind = part.kind
        if kind is made.SUM:
            waiting += [(c, part.a), (c, part.b)]
        elif kind is made.DIFFERENCE:
            waiting += [(c, part.a), (-c, part.b)]
        elif kind is made.NEGATIVE:
            waiting.append((-c, part.a))
        elif kind is made.PRODUCT and part.a.kind is made.CONSTANT:
            waiting.append((c * part.a.a % q, part.b))
        elif kind is made.PRODUCT and part.b.kind is made.CONSTANT:
            waiting.append((c * part.b.a % q, part.a))
        elif kind is made.QUOTIENT and part.b.kind is made.CONSTANT:
            waiting.append((c * pow(part.b.a, -1, q) % q, part.a))
        else:
            out.append((c % q, part))
    return out


def _expanded(x: "Residue") -> Terms:
    if x.terms is None:
        x.terms = {}
        for c, part in summands(x):
            _add(x.terms, _monomials(part), c, x.field.q)
    return x.terms


def _monomials(x: "Residue") -> Terms:
    """What is no sum, multiplied out."""
    f = x.field
    if x.kind is made.CONSTANT:
        return {1: x.a} if x.a else {}
    if x.v == 0:
        return {}
    found = None
    if x.kind is made.PRODUCT:
        found = _product(_expanded(x.a), _expanded(x.b), f)
    elif x.kind is made.QUOTIENT:
        found = _product(_expanded(x.a), _reciprocal(x.b), f)
    elif x.kind is made.POWER and x.b <= 4:
        found = base = _expanded(x.a)
        for _ in range(x.b - 1):
            found = _product(found, base, f) if found is not None else None
    return found if found is not None else _atom(x.v, 1, f)


def _atom(v: int, c: int, f: Any) -> Terms:
    """c times a monomial, by the smaller of its residues v and -v."""
    return {v: c % f.q} if v <= f.q else {f.p - v: -c % f.q}


def _product(a: Terms, b: Terms, f: Any) -> Terms | None:
    if len(a) * len(b) > EXPANDED:
        return None
    out: Terms = {}
    for v, c in a.items():
        for w, d in b.items():
            _add(out, _atom(v * w % f.p, c * d, f), 1, f.q)
    return out


def _reciprocal(x: "Residue") -> Terms:
    f, terms = x.field, _expanded(x)
    if len(terms) == 1:
        ((v, c),) = terms.items()
        return _atom(pow(v, -1, f.p), pow(c, -1, f.q), f)
    return _atom(pow(x.v, -1, f.p), 1, f)


def _add(total: Terms, more: Terms, c: int, q: int) -> None:
    for v, d in more.items():
        total[v] = (total.get(v, 0) + c * d) % q
