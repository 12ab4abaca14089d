"""Inputs: from a claim's signature to drawn examples. Shapes first, from a small pool, then values for each shape."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify import domains
from verify.claim import Claim, SetupError
from verify.parameters import Input
from verify.results import encode
from verify.signatures import Signature
from verify.sizes import Sizes, size_pool
from verify.strategies import array_strategy, sample

Example = dict[str, Any]
HUGE = 1 / 16  # the share of examples in which an input has huge entries


def generator(seed: int, *words: str) -> np.random.Generator:
    """A generator that depends on the seed and the words alone, on every machine."""
    digest = hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).digest()
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
        yield from (Group({}, examples) for examples in _group(drawn(claim, signature, count, seed)))
        return
    pool = list(size_pool(signature, generator(seed, claim.label, "shapes"), count))
    for k, sizes in enumerate(pool):
        share = max(1, count // len(pool) + (k < count % len(pool)))
        rng = generator(seed, claim.label, "values", str(k))
        yield Group(sizes.sizes, draw(claim, signature, sizes, share, rng, seed + k, output_shapes))


def drawn(claim: Claim, signature: Signature, count: int, seed: int) -> list[Example]:
    """What the strategy `inputs=` draws."""
    return _named(claim, signature, _shared_sample(claim.inputs, count, seed))


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


def distinct(group: Group) -> Group:
    """The group with one example, where they are all alike, since nothing but static values was chosen."""
    return group if any(numbers(example) for example in group.examples) else Group(group.sizes, group.examples[:1])


def describe(group: Group, refuted: int) -> dict[str, Any]:
    """A group as evidence: the shapes of its inputs, how many examples, how many of them refuted."""
    shapes = {name: shape_of(x) for name, x in group.examples[0].items()}
    return {"inputs": shapes, "examples": len(group.examples), "refuted": refuted}


def shape_of(x: Any) -> Any:
    """The shapes of an input's arrays, in its own structure."""
    if is_array(x):
        return list(x.shape)
    if isinstance(x, dict):
        return {key: shape_of(item) for key, item in x.items()}
    if isinstance(x, (list, tuple)):
        return [shape_of(item) for item in x]
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


def draw(
    claim: Claim, signature: Signature, sizes: Sizes, count: int, rng: np.random.Generator, seed: int,
    output_shapes: Callable[[Example], Sequence[Any]], huge: float = HUGE,
) -> list[Example]:
    """So many examples of one shape; in a share `huge` of them, one input has huge entries."""
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
                        f"({', '.join(signature.cotangents)}), which are all of its first parameters that the forward "
                        f"does not have ({', '.join(signature.forward)}); the forward has {len(implied)} outputs: one "
                        "cotangent each"
                    )
            shape = tuple(implied[signature.cotangents.index(item.name)].shape)
        columns[item.name] = _values(claim, item, shape, sizes, count, rng, seed)
    available = min((len(values) for values in columns.values()), default=0)
    order = [item.name for item in signature.inputs]
    ordinary = [item for item in signature.inputs if item.domain is domains.real]
    for k in range(available):
        # One input at a time: where all of them are huge at once, most formulas only overflow.
        if ordinary and rng.random() < huge:
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
    cast = [_cast(item, domain, x) for x in drawn]
    return cast if shape else [x[()] for x in cast]


def _cast(item: Input, domain: domains.Domain, x: Any) -> Any:
    """As the input's dtype; rounded up where an integer would leave the domain, as 0.3 does that is positive."""
    cast = x.astype(item.dtype)
    if item.dtype.kind not in "iu" or domain.contains(cast):
        return cast
    up = np.ceil(x).astype(item.dtype)
    if not domain.contains(up):
        raise SetupError(f"{item.name} is {item.dtype}, and its domain {domain.name} has no such numbers")
    return up


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
