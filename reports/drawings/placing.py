"""Where the nodes of a layered graph stand: few crossings, edges as level as the order allows. Deterministic."""

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from reports.drawings.layers import Edge, forward, layers

Place = tuple[str, int]  # a node and its layer: an edge over several layers has a place in each
Links = dict[Place, tuple[list[Place], list[Place]]]
_SWEEPS = 12
_LONGEST = 12  # an edge over more layers than this passes behind them
ROW, THREAD = 32.0, 12.0


@dataclass
class Layout:
    """The layers with their places from top to bottom, the height of each, and each edge's places in order."""

    rows: list[list[Place]]
    y: dict[Place, int]
    routes: dict[Edge, list[Place]]
    back: list[Edge]


def place(nodes: Sequence[str], edges: Sequence[Edge]) -> Layout:
    """Lay out one connected graph; y is the middle of a place, and nothing lies above 0."""
    ahead, back = forward(nodes, edges)
    layer = layers(nodes, ahead)
    rows: list[list[Place]] = [[] for _ in range(max(layer.values()) + 1)]
    for node in nodes:
        rows[layer[node]].append((node, layer[node]))
    routes: dict[Edge, list[Place]] = {}
    for number, (a, b) in enumerate(ahead):
        thread = f"\0{number}"
        while thread in layer:
            thread = f"\0{thread}"
        over = range(layer[a] + 1, layer[b])
        threads = [(thread, k) for k in over] if len(over) < _LONGEST else []
        for spot in threads:
            rows[spot[1]].append(spot)
        routes[a, b] = [(a, layer[a]), *threads, (b, layer[b])]
    links = _links(rows, routes)
    rows = _ordered(rows, links)
    return Layout(rows, _heights(rows, links, set(nodes)), routes, back)


def _links(rows: list[list[Place]], routes: dict[Edge, list[Place]]) -> Links:
    links: Links = {spot: ([], []) for row in rows for spot in row}
    for route in routes.values():
        for a, b in pairwise(route):
            if b[1] == a[1] + 1:  # what passes behind the layers between has no say in where its ends stand
                links[a][1].append(b)
                links[b][0].append(a)
    return links


def _ordered(rows: list[list[Place]], links: Links) -> list[list[Place]]:
    """Sweeps to and fro by the mean position of the neighbours; the order with the fewest crossings is kept."""
    best, fewest, current = rows, _crossings(rows, links), rows
    position = {spot: k for row in rows for k, spot in enumerate(row)}
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        side = sweep % 2  # 0: by what feeds a node, from the left; 1: by what it feeds, from the right
        current = [list(row) for row in current]
        for row in current if side == 0 else reversed(current):
            mean = {spot: _mean([position[other] for other in links[spot][side]], position[spot]) for spot in row}
            row.sort(key=mean.__getitem__)
            position.update({spot: k for k, spot in enumerate(row)})
        crossings = _crossings(current, links)
        if crossings < fewest:
            best, fewest = current, crossings
    return best


def _mean(values: list[int], default: float) -> float:
    return sum(values) / len(values) if values else default


def _crossings(rows: list[list[Place]], links: Links) -> int:
    count = 0
    for row, following in pairwise(rows):
        position = {spot: k for k, spot in enumerate(following)}
        passed: list[int] = []
        for spot in row:
            ends = [position[b] for b in links[spot][1]]
            count += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return count


def _heights(rows: list[list[Place]], links: Links, nodes: set[str]) -> dict[Place, int]:
    """Each place at the mean height of its neighbours, as near as the order and the space between them allow."""
    y: dict[Place, float] = {}
    for row in rows:
        at = 0.0
        for spot in row:
            half = _room(spot, nodes) / 2
            y[spot], at = at + half, at + 2 * half
    for sweep in range(_SWEEPS):
        side = sweep % 2
        for row in rows if side == 0 else reversed(rows):
            wished = []
            for spot in row:
                beside = [y[other] for other in (links[spot][side] or links[spot][1 - side])]
                wished.append(sum(beside) / len(beside) if beside else y[spot])
            y.update(zip(row, _spread(wished, [_room(spot, nodes) for spot in row]), strict=True))
    top = min(y[spot] - _room(spot, nodes) / 2 for row in rows for spot in row)
    return {spot: round(value - top) for spot, value in y.items()}


def _room(spot: Place, nodes: set[str]) -> float:
    return ROW if spot[0] in nodes else THREAD


def _spread(wished: list[float], rooms: list[float]) -> list[float]:
    """The heights nearest to those wished, in the least-squares sense, that keep order and room.

    Less the room taken above, heights must not decrease: places that would are pooled at their mean.
    """
    offsets, at = [], 0.0
    for k, room in enumerate(rooms):
        at += room / 2 + (rooms[k - 1] / 2 if k else 0.0)
        offsets.append(at)
    pools: list[tuple[float, int]] = []
    for wish, offset in zip(wished, offsets, strict=True):
        total, count = wish - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            above, number = pools.pop()
            total, count = total + above, count + number
        pools.append((total, count))
    flat = [total / count for total, count in pools for _ in range(count)]
    return [height + offset for height, offset in zip(flat, offsets, strict=True)]
