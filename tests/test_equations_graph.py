"""The graph of equations: every node and edge drawn once, left to right, whatever the document's size."""

import random
import re
import time
from itertools import pairwise

import pytest

from reports.drawings import equations_graph
from reports.drawings.layers import components, forward, layers
from reports.drawings.placing import ROW, THREAD, place
from reports.slugs import slug
from tests.drawn import assert_gold, claim, parsed, text

SMALL = [
    claim(label="1.1", verdict="definition", expected="definition"), claim(label="1.2"),
    claim(label="1.3", uses=["1.1", "1.2"]), claim(label="1.4", uses=["1.3"], verdict="refuted", expected="refuted"),
    claim(label="1.4*", uses=["1.1", "1.3"], verdict="refuted"), claim(label="alone"),
    claim(label="2.1", uses=["elsewhere"], verdict="vacuous"),
]
DRAWINGS = {"equations_graph.svg": lambda: equations_graph(SMALL, slug, "g")}


@pytest.mark.parametrize("name", DRAWINGS)
def test_gold(name, tmp_path):
    assert_gold(name, DRAWINGS[name], tmp_path)


def nodes(drawing):
    """Class, link and text by drawn label of all nodes."""
    found = {}
    for element in parsed(drawing).iter():
        if element.tag in ("a", "g"):
            text = element.find("text").text
            found[text.removeprefix(f"{text[0]} ")] = (element.get("class"), element.get("href"), text)
    return found


def test_nodes_are_links_marked_by_colour_and_symbol():
    found = nodes(equations_graph(SMALL, slug, "g"))
    assert found == {
        "1.1": ("dy", "#1.1", "≔ 1.1"), "1.2": (None, "#1.2", "✓ 1.2"),
        "1.3": (None, "#1.3", "✓ 1.3"), "1.4": ("dk", "#1.4", "✗ 1.4"),
        "1.4*": ("dr", "#1.4*", "✗ 1.4*"), "2.1": ("dw", "#2.1", "∅ 2.1"),
        "elsewhere": ("dy", None, "elsewhere"),
    }


def test_titles_say_how_an_equation_came_out():
    titles = [title.text for title in parsed(equations_graph(SMALL, slug, "g")).iter("title")]
    assert titles == ["1.4*: refuted, not as expected", "2.1: vacuous, not as expected", "elsewhere: not in this document"]


def test_a_label_that_is_drawn_shortened_is_a_title():
    label = "an equation with a name beyond all bounds"
    drawing = parsed(equations_graph([claim(label="a"), claim(label=label, uses=["a"])], slug))
    assert [title.text for title in drawing.iter("title")] == [f"{label}: verified"]


def test_one_arrow_per_use_from_left_to_right():
    drawing = parsed(equations_graph(SMALL, slug, "g"))
    edges, heads = [], set()
    for svg in drawing.iter("svg"):
        lines, head = svg.iter("path")
        assert head.get("class") == "dq"
        edges += lines.get("d").split("M")[1:]
        heads |= set(re.findall(r"M(\d+ \d+)l", head.get("d")))
    assert len(edges) == 6
    assert len(heads) == 4, "the heads of arrows to the same equation are one"
    for edge in edges:
        start, _ = map(int, edge.split("c")[0].split("H")[0].split())
        forth = [int(x) for x in re.findall(r"c\d+ 0 \d+[ -]\d+ (\d+)", edge)]
        ends = [int(x) for x in re.findall(r"H(\d+)", edge)]
        assert all(x > 0 for x in forth)
        assert ends == sorted(ends)
        assert max([start, *ends]) + sum(forth) > start


def test_a_document_without_uses_has_no_graph():
    assert equations_graph([claim(label="a"), claim(label="b", uses=["b"])], slug) == ""


def test_cycles_are_drawn():
    ring = [claim(label=a, uses=[b]) for a, b in ("ab", "bc", "ca")]
    drawing = equations_graph(ring, slug)
    assert set(nodes(drawing)) == set("abc")
    ahead, back, heads = parsed(drawing).iter("path")
    assert ahead.get("d").count("M") == 2
    assert (back.get("class"), back.get("d").count("M")) == ("dz", 1)
    assert (heads.get("class"), heads.get("d").count("M")) == ("dq", 3)


def document(count, sections, seed=0):
    """Claims that use up to three earlier ones, mostly of their own section."""
    draw, out = random.Random(seed), []
    for k in range(count):
        section = str(k * sections // count)
        own = [c["label"] for c in out if c["section"] == section]
        before = draw.sample(own, min(len(own), draw.randint(0, 3)))
        out.append(claim(label=f"{section}.{k}", section=section, uses=[*before, *([f"0.{k // 9}"] if k % 9 == 8 else [])]))
    return out


def test_a_large_document_has_a_drawing_for_each_section():
    claims = document(190, 7)
    drawing = equations_graph(claims, slug, "g")
    figures = list(parsed(drawing).iter("figure"))
    captions = ["".join(figure.find("figcaption").itertext()) for figure in figures]
    assert captions == ["Sections", *map(str, range(7))]
    identifiers = {element.get("id") for element in parsed(drawing).iter() if element.get("id")}
    assert {a.get("href") for a in figures[0].iter("a")} <= {f"#{name}" for name in identifiers}
    joined = {label for c in claims if c["uses"] for label in (c["label"], *c["uses"])}
    assert {name for name in nodes(drawing) if "." in name} >= joined
    assert any("dee" in (kind or "") for kind, _, _ in nodes(drawing).values())


def test_identifiers_are_unique():
    drawing = equations_graph(document(190, 7), slug, "g")
    identifiers = [element.get("id") for element in parsed(drawing).iter() if element.get("id")]
    assert len(set(identifiers)) == len(identifiers) == 8


@pytest.mark.parametrize(("count", "sections"), [(1000, 7), (1000, 1), (1000, 1000), (400, 20)])
def test_large_documents_are_drawn_in_a_second(count, sections):
    claims = document(count, sections)
    start = time.process_time()
    drawing = equations_graph(claims, slug)
    assert time.process_time() - start < 1
    parsed(drawing)


@pytest.mark.parametrize("shape", ["chain", "star", "all to first"])
def test_extreme_graphs_are_drawn_in_a_second(shape):
    uses = {"chain": lambda k: [str(k - 1)], "star": lambda k: ["0"], "all to first": lambda k: [str(k - 1), "0"]}[shape]
    start = time.process_time()
    drawing = equations_graph([claim(label=str(k), uses=uses(k) if k else []) for k in range(300)], slug)
    assert time.process_time() - start < 1
    assert len(nodes(drawing)) == 300


def test_beyond_400_the_sections_alone_are_drawn():
    drawing = equations_graph(document(1000, 7), slug)
    assert len(list(parsed(drawing).iter("figure"))) == 1
    assert not list(parsed(drawing).iter("a")), "links to drawings that are not there"
    assert "too many" in text(equations_graph(document(1000, 1), slug))


def test_what_is_unexpected_colours_its_section():
    claims = document(100, 4)
    claims[30]["verdict"] = "refuted"
    overview = next(parsed(equations_graph(claims, slug)).iter("figure"))
    bad = [g.find("title").text for g in overview.iter("a") if g.get("class") == "dr"]
    assert bad == ["1: 25 statements, 1 not as expected"]


def graph(seed):
    draw = random.Random(seed)
    names = [f"n{k}" for k in range(draw.randint(2, 30))]
    return names, list(dict.fromkeys((draw.choice(names), draw.choice(names)) for _ in range(2 * len(names))))


@pytest.mark.parametrize("seed", range(20))
def test_layers_of_random_graphs(seed):
    names, edges = graph(seed)
    edges = [(a, b) for a, b in edges if a != b]
    for part in components(names, edges):
        inside = [edge for edge in edges if edge[0] in part]
        ahead, back = forward(part, inside)
        assert sorted(ahead + back) == sorted(inside)
        layer = layers(part, ahead)
        assert all(layer[a] < layer[b] for a, b in ahead)
        assert min(layer.values()) == 0


def test_what_nothing_feeds_stands_before_its_first_use():
    assert layers("abcd", [("a", "b"), ("b", "c"), ("d", "c")]) == {"a": 0, "b": 1, "c": 2, "d": 1}


@pytest.mark.parametrize("seed", range(20))
def test_nothing_overlaps_in_a_layer(seed):
    names, edges = graph(seed)
    edges = [(a, b) for a, b in edges if a != b]
    for part in components(names, edges):
        layout = place(part, [edge for edge in edges if edge[0] in part])
        for row in layout.rows:
            halves = [(ROW if spot[0] in part else THREAD) / 2 for spot in row]
            heights = [layout.y[spot] for spot in row]
            for k in range(1, len(row)):
                assert heights[k] - heights[k - 1] >= halves[k] + halves[k - 1] - 1


@pytest.mark.parametrize("seed", range(10))
def test_the_edges_of_a_tree_do_not_cross(seed):
    draw = random.Random(seed)
    names = [str(k) for k in range(25)]
    draw.shuffle(names)
    edges = [(str((k - 1) // 3), str(k)) for k in range(1, 25)]
    layout = place(names, edges)
    position = {spot[0]: k for row in layout.rows for k, spot in enumerate(row)}
    for row, below in pairwise(layout.rows):
        ends = sorted((position[a], position[b]) for a, b in edges if (a, row[0][1]) in row and (b, below[0][1]) in below)
        assert all(x[1] < y[1] for x, y in pairwise(ends))
