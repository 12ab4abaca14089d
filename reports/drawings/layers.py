"""The layers of a graph: every node right of what feeds it, as few layers apart as can be. Cycles are tolerated."""

from collections.abc import Iterable, Mapping, Sequence

Edge = tuple[str, str]


def components(nodes: Sequence[str], edges: Iterable[Edge]) -> list[list[str]]:
    """The connected parts, in the order of their first nodes."""
    beside: dict[str, list[str]] = {node: [] for node in nodes}
    for a, b in edges:
        beside[a].append(b)
        beside[b].append(a)
    rank, seen, parts = {node: k for k, node in enumerate(nodes)}, set[str](), list[list[str]]()
    for first in nodes:
        if first in seen:
            continue
        part, waiting = [], [first]
        seen.add(first)
        while waiting:
            node = waiting.pop()
            part.append(node)
            new = [other for other in dict.fromkeys(beside[node]) if other not in seen]
            seen.update(new)
            waiting += new
        parts.append(sorted(part, key=rank.__getitem__))
    return parts


def forward(nodes: Sequence[str], edges: Sequence[Edge]) -> tuple[list[Edge], list[Edge]]:
    """The edges that can all point the same way, and those that close a cycle."""
    after: dict[str, list[str]] = {node: [] for node in nodes}
    for a, b in edges:
        after[a].append(b)
    state: dict[str, int] = {}
    back: set[Edge] = set()
    for root in nodes:
        if root in state:
            continue
        state[root], path = 1, [(root, iter(after[root]))]
        while path:
            node, rest = path[-1]
            following = next(rest, None)
            if following is None:
                state[node] = 2
                path.pop()
            elif following not in state:
                state[following] = 1
                path.append((following, iter(after[following])))
            elif state[following] == 1:
                back.add((node, following))
    return [edge for edge in edges if edge not in back], [edge for edge in edges if edge in back]


def layers(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """The layer of each node, for edges without a cycle: after all that feed it, or if none, before what it feeds."""
    before: dict[str, list[str]] = {node: [] for node in nodes}
    after: dict[str, list[str]] = {node: [] for node in nodes}
    for a, b in edges:
        before[b].append(a)
        after[a].append(b)
    waiting = {node: len(before[node]) for node in nodes}
    ready = [node for node in nodes if not waiting[node]]
    layer: dict[str, int] = {}
    for node in ready:
        layer[node] = max((layer[a] + 1 for a in before[node]), default=0)
        for b in after[node]:
            waiting[b] -= 1
            if not waiting[b]:
                ready.append(b)
    return {node: _pulled(node, layer, before, after) for node in nodes}


def _pulled(
    node: str, layer: Mapping[str, int], before: Mapping[str, list[str]], after: Mapping[str, list[str]]
) -> int:
    if before[node] or not after[node]:
        return layer[node]
    return min(layer[b] for b in after[node]) - 1
