"""Inputs: from a claim's signature to drawn examples. Shapes first, from a small pool, then values for each shape."""

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify import domains
from verify.claim import Claim, SetupError
from verify.dimensions import DimensionError
from verify.results import encode
from verify.signatures import Input, Signature
from verify.strategies import array_strategy, sample

Example = dict[str, Any]
ESSENTIAL = 3
LARGEST_POOL = 24
HUGE = 1 / 16  # the share of examples in which an input has huge entries


@dataclass(frozen=True)
class Sizes:
    """Sizes of the dimension names, shapes of the variadic ones, and the static values that go with them."""

    sizes: dict[str, int]
    groups: dict[str, tuple[int, ...]]
    statics: dict[str, Any]


def generator(seed: int, *words: str) -> np.random.Generator:
    """A generator that depends on the seed and the words alone, on every machine."""
    digest = hashlib.sha256("\0".join(words).encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "big")])


@dataclass(frozen=True)
class Group:
    """Examples of one structure, with the sizes of the dimension names (none where `inputs=` draws the examples)."""

    sizes: dict[str, int]
    examples: list[Example]


def explore(
    claim: Claim, signature: Signature, count: int, seed: int, output_shapes: Callable[[Example], Sequence[Any]]
) -> Iterator[Group]:
    """Groups of examples, one per shape, `count` in all (more if static parameters have more combinations).

    `output_shapes` tells a forward's output shapes for an example without cotangents, for cotangents whose shape
    is not declared. Raises SetupError if no sizes satisfy the dimensions.
    """
    if claim.inputs is not None:
        drawn = _named(claim, signature, _shared_sample(claim.inputs, count, seed))
        yield from (Group({}, examples) for examples in _group(drawn))
        return
    pool = list(_size_pool(signature, generator(seed, claim.label, "shapes"), count))
    for k, sizes in enumerate(pool):
        share = max(1, count // len(pool) + (k < count % len(pool)))
        rng = generator(seed, claim.label, "values", str(k))
        yield Group(sizes.sizes, _draw(claim, signature, sizes, share, rng, seed + k, output_shapes))


def _named(claim: Claim, signature: Signature, drawn: Sequence[Any]) -> list[Example]:
    """What `inputs=` drew, as arguments by name; Python's floats become NumPy's, which can be differentiated."""
    import jax

    names = {*signature.leading, *signature.forward}
    for example in drawn:
        if not isinstance(example, dict):
            raise SetupError(f"inputs= drew a {type(example).__name__}; expected a dict of arguments by name")
        if set(example) != names:
            given = ", ".join(map(str, example))
            raise SetupError(f"inputs= drew the arguments {given}; expected {', '.join(sorted(names))}")
    number = lambda leaf: np.float64(leaf) if type(leaf) is float else leaf  # noqa: E731
    return [jax.tree_util.tree_map(number, example) for example in drawn]


_SAMPLES: dict[tuple[int, int, int], tuple[Any, list[Any]]] = {}


def _shared_sample(strategy: Any, count: int, seed: int) -> list[Any]:
    """As `sample`; claims that share a strategy share its examples. It is kept, so that its id stays its own."""
    key = (id(strategy), count, seed)
    if key not in _SAMPLES:
        _SAMPLES[key] = (strategy, sample(strategy, count, seed))
    return _SAMPLES[key][1]


def _group(examples: Sequence[Example]) -> list[list[Example]]:
    groups: dict[Any, list[Example]] = {}
    for example in examples:
        groups.setdefault(structure(example), []).append(example)
    return list(groups.values())


def describe(group: Group, refuted: int) -> dict[str, Any]:
    """A group as evidence: the shapes of its inputs, how many examples, how many of them refuted."""
    shapes = {name: _shape_of(x) for name, x in group.examples[0].items()}
    return {"inputs": shapes, "examples": len(group.examples), "refuted": refuted}


def _shape_of(x: Any) -> Any:
    if is_array(x):
        return list(x.shape)
    if isinstance(x, dict):
        return {key: _shape_of(item) for key, item in x.items()}
    if isinstance(x, (list, tuple)):
        return [_shape_of(item) for item in x]
    return encode(x)


def structure(example: Example) -> Any:
    """What two examples must share to be evaluated as one batch: tree, shapes, dtypes and static values."""
    import jax

    leaves, tree = jax.tree_util.tree_flatten(example)
    return tree, tuple((x.shape, x.dtype.str) if is_array(x) else _static(x) for x in leaves)


def is_array(x: Any) -> bool:
    """Whether a leaf of an example is data (an array or a NumPy scalar) rather than static."""
    return isinstance(x, (np.ndarray, np.generic))


def _static(x: Any) -> Any:
    try:
        hash(x)
    except TypeError:
        raise SetupError(f"the static input {x!r} is not hashable; pass arrays, numbers, strings or tuples") from None
    return type(x).__name__, x


# -- shapes ------------------------------------------------------------------------------------------------------------


def _size_pool(signature: Signature, rng: np.random.Generator, count: int) -> Iterator[Sizes]:
    """Distinct sizes first; then a square shape, every dimension at 1 and above 8, a random one, and all ones.

    With static parameters, each combination of their values gets the first of these, and up to three of them. Few
    examples make a small pool, so that a shape has more than one; but no combination is left out.
    """
    names: dict[str, None] = {}
    groups: dict[str, None] = {}
    for item in signature.inputs:
        for name, variadic in item.shape.names() if item.shape else ():
            (groups if variadic else names)[name] = None
    free = bool(names or groups)
    statics = [item for item in signature.inputs if item.static]
    combinations = [
        dict(zip((item.name for item in statics), chosen, strict=True))
        for chosen in itertools.product(*(item.choices for item in statics))
    ]
    plans = _PLANS if len(combinations) == 1 else _PLANS[:ESSENTIAL]
    pairs = [(plan, values) for plan in (plans if free else plans[:1]) for values in combinations]
    seen = set()
    for plan, values in pairs[: max(len(combinations), min(LARGEST_POOL, count // 2))]:
        for _ in range(50):
            sizes = dict(zip(names, plan(rng, len(names)), strict=True))
            drawn = {g: tuple(int(n) for n in rng.integers(1, 4, rng.integers(0, 3))) for g in groups}
            key = (tuple(sizes.items()), tuple(drawn.items()), tuple(map(repr, values.values())))
            if key not in seen and _allowed(signature, sizes, drawn):
                seen.add(key)
                yield Sizes(sizes, drawn, values)
                break
            if not free:
                break
    if not seen:
        raise SetupError(
            "no sizes satisfy the dimensions "
            + ", ".join(f"{item.name}: {item.shape.text!r}" for item in signature.inputs if item.shape)
        )


def _allowed(signature: Signature, sizes: dict[str, int], groups: dict[str, tuple[int, ...]]) -> bool:
    try:
        for item in signature.inputs:
            if item.shape is not None:
                item.shape.solve(sizes, groups)
    except (DimensionError, ZeroDivisionError):
        return False
    return True


def _distinct(rng: np.random.Generator, n: int) -> list[int]:
    return [int(k) for k in rng.permutation(np.arange(2, 2 + max(n, 4)))[:n]]


def _ones(first: bool) -> Callable[[np.random.Generator, int], list[int]]:
    """Ones in every other place: two such shapes have each dimension at 1 while a neighbour is not."""

    def plan(rng: np.random.Generator, n: int) -> list[int]:
        return [1 if (k % 2 == 0) == first else size for k, size in enumerate(_distinct(rng, n))]

    return plan


def _square(rng: np.random.Generator, n: int) -> list[int]:
    return [int(rng.integers(2, 5))] * n


def _above_eight(rng: np.random.Generator, n: int) -> list[int]:
    """All dimensions above 8; of more than three, three of them: arrays of four axes would be huge."""
    sizes = rng.permutation(np.arange(9, 9 + max(n, 8)))[:n]
    small = rng.permutation(n)[3:]
    sizes[small] = rng.integers(2, 4, len(small))
    return [int(k) for k in sizes]


def _mixed(rng: np.random.Generator, n: int) -> list[int]:
    """Distinct sizes, one of them above 8."""
    sizes = _distinct(rng, n)
    if n:
        sizes[int(rng.integers(n))] = int(rng.integers(9, 24))
    return sizes


def _any(rng: np.random.Generator, n: int) -> list[int]:
    return [int(k) for k in rng.integers(1, 7, n)]


def _all_ones(rng: np.random.Generator, n: int) -> list[int]:
    return [1] * n


_PLANS = (_distinct, _square, _ones(True), _ones(False), _above_eight, _mixed, _any, _all_ones)


# -- values ------------------------------------------------------------------------------------------------------------


def _draw(
    claim: Claim, signature: Signature, sizes: Sizes, count: int, rng: np.random.Generator, seed: int,
    output_shapes: Callable[[Example], Sequence[Any]],
) -> list[Example]:
    columns: dict[str, Any] = {}
    implied: Sequence[Any] | None = None
    for item in (*(i for i in signature.inputs if not i.cotangent), *(i for i in signature.inputs if i.cotangent)):
        if item.static:
            columns[item.name] = [sizes.statics[item.name]] * count
            continue
        if item.shape is not None:
            shape = item.shape.solve(sizes.sizes, sizes.groups)
        else:
            if implied is None:
                if not all(columns.values()):
                    return []
                first = {name: values[0] for name, values in columns.items()}
                implied = output_shapes(first)
                if len(implied) != len(signature.cotangents):
                    raise SetupError(
                        f"{claim.name} takes {len(signature.cotangents)} cotangents "
                        f"({', '.join(signature.cotangents)}); the forward has {len(implied)} outputs: "
                        "one cotangent each"
                    )
            shape = tuple(implied[signature.cotangents.index(item.name)].shape)
        columns[item.name] = _values(claim, item, shape, sizes, count, rng, seed)
    available = min((len(values) for values in columns.values()), default=0)
    order = [item.name for item in signature.inputs]
    ordinary = [item for item in signature.inputs if item.domain is domains.real]
    for k in range(available):
        # One input at a time: where all of them are huge at once, most formulas only overflow.
        if ordinary and rng.random() < HUGE:
            item = ordinary[int(rng.integers(len(ordinary)))]
            columns[item.name][k] = domains.with_huge_entries(rng, columns[item.name][k]).astype(item.dtype)[()]
    return [{name: columns[name][k] for name in order} for k in range(available)]


def _values(
    claim: Claim, item: Input, shape: tuple[int, ...], sizes: Sizes, count: int, rng: np.random.Generator, seed: int
) -> list[Any]:
    domain = item.domain
    if not isinstance(domain, domains.Domain):
        drawn = sample(array_strategy(domain, item.dtype, shape), count, seed)
        return [drawn[k % len(drawn)] for k in range(count)] if drawn else []
    if domain.per_size is not None:
        bound = domain.per_size if isinstance(domain.per_size, int) else sizes.sizes.get(domain.per_size)
        if bound is None:
            raise SetupError(f"{domain.name} of {item.name}: {domain.per_size!r} is no dimension of this claim")
        return [domains.draw_integers(rng, shape, bound) for _ in range(count)]
    try:
        drawn = [np.asarray(domain.draw(rng, shape)) for _ in range(count)]
    except ValueError as error:
        raise SetupError(f"the domain of {item.name}: {error}") from None
    return [x.astype(item.dtype)[()] if not shape else x.astype(item.dtype) for x in drawn]


def numbers(example: Any) -> list[Any]:
    """The arrays and NumPy scalars of an example, or of one of its inputs, in order."""
    import jax

    return [leaf for leaf in jax.tree_util.tree_leaves(example) if is_array(leaf)]


def moved(example: Example, names: Sequence[str], rng: np.random.Generator) -> Example:
    """The example with the floating arrays of some parameters moved by about 1e-7 of their size."""
    import jax

    def move(x: Any) -> Any:
        if not is_array(x) or x.dtype.kind != "f":
            return x
        return (x + 1e-7 * (1 + np.abs(x)) * rng.uniform(-1, 1, x.shape)).astype(x.dtype)[()]

    return {name: jax.tree_util.tree_map(move, x) if name in names else x for name, x in example.items()}
