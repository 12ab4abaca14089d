"""The page of a training: what it says, that text stays text, and plots of whatever curves there are."""

import copy
import json
import math
import re
from html.parser import HTMLParser
from itertools import pairwise

import jsonschema
import numpy as np
import pytest

from reports.schema import KEYWORDS, problem, schema
from reports.training import render_training
from reports.training.curves import accuracy_plot, distance_plot, error_plot, loss_plot, plots
from reports.training.scales import fitting, linear, logarithmic, whole
from tests.documents import run
from tests.drawn import HOSTILE, LONG, assert_gold, parsed, text
from tests.trained import NO_MASK, blobs, loaded

OPTIONS = ("--layers", "4", "--rate", "0.5", "--quiet")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with trainings: in step, parted, alone."""
    folder = tmp_path_factory.mktemp("trained")
    X, labels = blobs()
    X[:, 1] = 2.5
    np.savez(folder / "blobs.npz", X=X, y=labels)
    (folder / "no_mask.py").write_text(NO_MASK)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, *options in (
            ("step", "--epochs", "40", "--patience", "3", "--rate", "2"),
            ("parted", "--epochs", "8", "--keep", "0.5", "--backward", "no_mask.py:backward", "--batch", "16"),
            ("alone", "--epochs", "8", "--no-lockstep", "--activation", "tanh", "--l2", "0.5"),
        ):
            places = ("--json", f"{name}.json", "--html", f"{name}.html", "--model", f"{name}.npz")
            assert run("train", "blobs.npz", *OPTIONS, *options, *places) == (name == "parted")
    return folder


@pytest.fixture
def results(trained):
    """The content of the three results files, by name."""
    return {name: loaded(trained / f"{name}.json") for name in ("step", "parted", "alone")}


class Page(HTMLParser):
    """A page's tags, and its text on one line."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.ids, self.parts, self.off = [], [], [], False
        self.feed(html)
        self.text = " ".join("".join(self.parts).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        self.off = tag in ("style", "desc")
        self.parts.append(" ")

    def handle_endtag(self, tag):
        self.off = False

    def handle_data(self, data):
        self.parts += [] if self.off else [data]


def shown(results):
    return Page(render_training(results)).text


def test_train_writes_what_report_writes_again(trained, capsys, monkeypatch):
    monkeypatch.chdir(trained)
    for name, code in (("step", 0), ("parted", 1), ("alone", 0)):
        assert run("report", f"{name}.json", "-o", "again.html") == code
        page = (trained / f"{name}.html").read_bytes()
        assert page == (trained / "again.html").read_bytes()
        assert len(page) < 60_000
    assert capsys.readouterr().out.endswith("Report: again.html\n")


def test_a_page_in_step(results):
    found = results["step"]
    said = shown(found)
    assert found["stopped"]["why"] == "early stopping"
    assert f"✓ {found['conclusion']}" in said
    assert f"{found['test_accuracy']:.4f} test accuracy" in said
    assert f"{found['validation_accuracy']:.4f} on the validation set" in said
    assert f"✓ {found['stopped']['step']} steps in step with autodiff" in said
    assert f"Again {found['provenance']['command']}" in said
    assert f"step {found['stopped']['best_step']}, kept" in said
    assert "3 features → 4 (relu) → 3 (softmax)" in said
    assert "after 3 epochs without a lower validation loss" in said
    assert "all examples in every step, as in the notes" in said
    assert "1, centred but not scaled: column 2" in said
    assert "36 for training, 12 for validation, 12 for the test" in said
    assert "That is measured, not judged" in said
    assert "they part here" not in said
    html = render_training(found)
    assert not {"script", "img", "link"} & set(Page(html).tags)
    assert "default-src 'none'; style-src 'unsafe-inline'" in html


def test_a_page_of_a_mistake(results):
    found = results["parted"]
    parted = found["lockstep"]["parted"]
    said = shown(found)
    assert f"✗ {found['conclusion']}" in said
    assert found["advice"] in said
    assert "✗ parted from autodiff at step 1" in said
    assert "mini-batches of 16: an extension, not in the notes" in said
    assert "keep probability 0.5 in layer 1" in said
    assert f"Step 1, layer 1 dW[{', '.join(map(str, parted['entry']))}] ✗ they part here" in said
    for words in ("What the gradient", "Layer 1 of 2", "Parameter W", f"Perhaps {parted['hint']}", "times the bound"):
        assert words in said, words
    assert f"By hand {parted['manual']:.6g} ".replace("-", "−") in said
    assert f"By autodiff {parted['reference']:.6g} ".replace("-", "−") in said
    assert said.count("✗ parted at step 1") == 4
    other = copy.deepcopy(found)
    other["lockstep"]["parted"] |= {"what": "parameters", "hint": None}
    assert "What the parameter after the step; its gradient agrees" in shown(other)
    assert "Perhaps" not in shown(other)


def test_a_page_without_lockstep(results):
    page = render_training(results["alone"])
    said = Page(page).text
    assert "· not compared with autodiff" in said
    assert "as was asked for by --no-lockstep" in said
    assert "</svg> by autodiff" not in page
    assert "L2 penalty λ = 0.5" in said
    assert page.count("<svg class=dp") == 2


def test_the_headline_is_the_gate(results):
    for found in results.values():
        tone = "ok" if found["passes"] else "bad"
        assert re.search(f'<p class="?verdict {tone}"?>{"✓" if found["passes"] else "✗"} ', render_training(found))


def test_what_differs_between_two_runs_is_not_shown(results):
    found = results["step"]
    other = copy.deepcopy(found)
    other["provenance"] |= {"platform": "Another-1.0", "seconds": 77.25, "commit": "f" * 40}
    other["seconds"] = 66.5
    assert render_training(other) == render_training(found)


def test_a_resumed_or_broken_off_training(results):
    found = copy.deepcopy(results["alone"])
    found["stopped"] |= {"why": "interrupted", "best_step": 0}
    assert "✗ interrupted" in shown(found)
    assert "after 8 steps, since it was interrupted; the parameters of step 0 are kept" in shown(found)
    found["stopped"] |= {"why": "diverged", "best_step": 8}
    assert "the loss is no finite number any more; the last parameters are kept" in shown(found)


# -- hostile text ------------------------------------------------------------------------------------------------------


def attacked(value, attack):
    """Every text but those that are one of a few replaced by an attack."""
    if isinstance(value, dict):
        kept = ("kind", "dtype", "why", "what", "parameter", "data_sha256")
        return {key: item if key in kept else attacked(item, attack) for key, item in value.items()}
    if isinstance(value, list):
        return [attacked(item, attack) for item in value]
    return attack if isinstance(value, str) else value


@pytest.mark.parametrize("name", ["step", "parted"])
def test_hostile_text_stays_text(results, name):
    hostile = attacked(results[name], HOSTILE)
    assert problem(hostile) == ""
    page = Page(render_training(hostile))
    assert not {"script", "img"} & set(page.tags)
    assert page.tags.count("a") == 0
    assert page.text.count("<script>alert(1)</script>") >= 10 - 1
    assert not re.search("[\x00\x08\x1b\ud800\u202e]", page.text)
    assert sorted(page.ids) == sorted(set(page.ids))
    for plot in plots(hostile):
        parsed(plot)


def test_long_text_is_no_trouble(results):
    hostile = attacked(results["parted"], LONG)
    hostile["data"]["classes"] = hostile["data"]["constant_features"] = [LONG] * 200
    page = render_training(hostile)
    assert " and 180 more" in page
    assert len(page) < 60 * len(LONG)


# -- plots -------------------------------------------------------------------------------------------------------------

PLOTTED = {
    "test_accuracy": 0.875, "stopped": {"step": 8, "best_step": 6},
    "lockstep": {"parted": {"step": 3}},
    "curves": {
        "step": [0, 2, 4, 6, 8], "loss": [2.0, 1.0, 0.5, "nan", 0.05], "reference_loss": [2.0, 1.0, 0.6, 0.3, 0.05],
        "validation_loss": [2.1, 1.2, 0.7, 0.5, 0.6], "train_accuracy": [0.25, 0.5, 0.75, 1.0, 1.0],
        "validation_accuracy": None, "distance": [0.0, 0.0, 1e-16, 1e-3, 1e-2],
        "gradient_error": [0.0, 1e-3, 2e6, "inf", 4e6],
    },
}


@pytest.mark.parametrize(("name", "draw"), [("training_loss.svg", loss_plot), ("training_error.svg", error_plot)])
def test_gold(name, draw, tmp_path):
    assert_gold(name, lambda: draw(PLOTTED), tmp_path)


def with_curves(steps, **curves):
    length = len(steps)
    unknown = dict.fromkeys(("reference_loss", "validation_loss", "validation_accuracy"))
    zeros = {name: [0.0] * length for name in ("loss", "train_accuracy", "distance", "gradient_error")}
    last = steps[-1] if steps else 0
    return {
        "test_accuracy": 0.5, "stopped": {"step": last, "best_step": last}, "lockstep": {"parted": None},
        "curves": {"step": steps, **unknown, **zeros, **curves},
    }


def lines(plot, style):
    """The points of a curve, in pixels."""
    return [
        [tuple(map(float, point.split())) for point in part.split("L")]
        for path in parsed(plot).iter("path") if path.get("class") == style and "L" in path.get("d")
        for part in path.get("d").split("M")[1:]
    ]


def test_both_trajectories_are_seen_where_they_coincide():
    values = [2.0, 1.0, 0.5]
    plot = loss_plot(with_curves([0, 1, 2], loss=values, reference_loss=values))
    (wide,), (dashed,) = lines(plot, "th"), lines(plot, "ta")
    assert wide == dashed
    styles = [path.get("class") for path in parsed(plot).find("figure/svg").iter("path")]
    assert styles.index("th") < styles.index("ta"), "the dashes are on top"


def test_a_curve_is_where_its_numbers_are():
    (drawn,) = lines(accuracy_plot(with_curves([0, 10, 20], train_accuracy=[0.0, 0.5, 1.0])), "to")
    (x0, y0), (x1, y1), (x2, y2) = drawn
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.11)
    assert y0 - y1 == pytest.approx(y1 - y2, abs=0.11)
    assert y0 > y2
    (drawn,) = lines(error_plot(with_curves([1, 2, 3, 4], gradient_error=[1e-4, 1e-3, 1e-2, 1.0])), "to")
    heights = [y for _, y in drawn]
    assert 2 * (heights[0] - heights[1]) == pytest.approx(heights[2] - heights[3], abs=0.3)


def test_gaps_are_marked_and_alone_standing_points_are_seen():
    plot = loss_plot(with_curves([0, 1, 2, 3, 4, 5], loss=[3.0, 2.0, "nan", 2.5, "inf", "-inf"]))
    root = parsed(plot)
    assert [len(part) for part in lines(plot, "to")] == [2]
    assert len(list(root.iter("circle"))) == 1
    (gaps,) = (path.get("d") for path in root.iter("path") if path.get("class") == "tn")
    assert gaps.count("m0-8") == 2
    assert "3 of 6 values are not finite" in plot


def test_a_zero_on_a_log_scale_stands_at_the_foot():
    plot = distance_plot(with_curves([0, 1, 2, 3], distance=[0.0, 0.0, 1e-16, 1e-10]))
    (drawn,) = lines(plot, "to")
    assert len(drawn) == 3, "before the first step nothing was compared"
    base = max(float(y) for y in re.findall(r'class="dl" d="M\d+ (\d+)', plot))
    assert drawn[0][1] == base
    assert drawn[0][1] - drawn[1][1] > 15
    assert ">0</text>" in plot


def test_nothing_to_draw_is_said():
    assert "there is no step to show" in text(loss_plot(with_curves([])))
    assert "no value is a finite number" in text(loss_plot(with_curves([0, 1], loss=["nan", "inf"])))
    assert "there is no step to show" in text(distance_plot(with_curves([0])))


CURVES = {
    "one point": ([0], [0.7]), "constant": ([0, 1, 2], [0.7] * 3), "zeros": ([0, 1], [0.0, 0.0]),
    "negative": ([0, 1, 2], [-1.0, 0.0, 3.5]), "almost constant": ([0, 1], [0.7, 0.7 + 1e-16]),
    "close": ([0, 1, 2], [0.69314718, 0.69314719, 0.69314721]), "huge": ([0, 1, 2], [1e-3, 1.0, 1e306]),
    "largest": ([0, 1], [-1.7e308, 1.7e308]), "tiny": ([0, 1, 2], [5e-324, 1e-310, 1e-300]), "whole": ([0, 1], [0, 3]),
    "large steps": ([0, 10**6, 3 * 10**9], [3.0, 2.0, 1.0]), "late": ([99_990, 100_000], [1e7, 1.2e7]),
    "many": (list(range(500)), [math.exp(-k / 9) for k in range(500)]), "infinite": ([0, 1], ["inf", 1.0]),
}


@pytest.mark.parametrize("name", CURVES)
def test_odd_curves_are_drawn(name):
    """Well-formed, inside the picture, its ticks told apart."""
    steps, values = CURVES[name]
    curves = dict.fromkeys(("loss", "train_accuracy", "distance", "gradient_error"), values)
    if min(float(x) for x in values) < 0:
        del curves["distance"], curves["gradient_error"]
    for plot in plots(with_curves(steps, **curves)):
        root = parsed(plot)
        svg = root.find("figure/svg")
        if svg is None:
            assert name == "one point"
            continue
        _, _, width, height = map(int, svg.get("viewBox").split())
        assert not re.search("nan|inf", " ".join(path.get("d") for path in svg.iter("path")))
        for style in ("to", "th"):
            for x, y in (point for part in lines(plot, style) for point in part):
                assert 0 <= x <= width
                assert 0 <= y <= height
        axis = svg.find("g")
        beside = [(float(label.get("y")), label.text) for label in axis if label.get("class") == "de" and label.text != "step"]
        below = [(float(label.get("x")), label.text) for label in axis if label.get("class") is None]
        for labels, apart in ((beside, 11), (below, 30)):
            assert len({words for _, words in labels}) == len(labels) >= 1
            places = sorted(place for place, _ in labels)
            assert all(b - a >= apart for a, b in pairwise(places)), labels
        assert len(beside) >= 2, text(plot)


def test_scales():
    assert [words for _, words in linear([0.0, 1.0]).ticks] == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert [words for _, words in linear([-3.0, 4.0]).ticks] == ["−2", "0", "2", "4"]
    assert [words for _, words in logarithmic([1e-16, 1e-4]).ticks] == ["1e−15", "1e−12", "1e−9", "1e−6"]
    assert [words for _, words in logarithmic([0.12, 2.8]).ticks] == ["0.2", "0.5", "1", "2"]
    assert fitting([0.12, 2.8]).words == "log scale"
    assert fitting([0.2, 2.8]).words == fitting([0.0, 2.8]).words == fitting([]).words == ""
    assert whole(0, 500) == [0, 100, 200, 300, 400, 500]
    assert whole(0, 1) == [0, 1]
    assert whole(7, 7) == [7]


# -- the command line --------------------------------------------------------------------------------------------------


def test_where_a_training_does_not_belong(trained, capsys, monkeypatch):
    monkeypatch.chdir(trained)
    before = sorted(trained.rglob("*"))
    for arguments, message in (
        (["report", "step.json", "parted.json"], "step.json holds a training, which has a page of its own; give it alone"),
        (["report", "step.json", "--junit", "x.xml"], "step.json holds a training; --junit is for the results of a check"),
        (["report", "step.json", "--junit", "x.xml", "--markdown", "x.md"], "--junit and --markdown is for the results"),
        (["compare", "step.json", "parted.json"], "step.json holds a training, not the results of a check; manual-bp report"),
    ):
        assert run(*arguments) == 2
        assert message in capsys.readouterr().err
    assert sorted(trained.rglob("*")) == before


def put(value, *keys):
    def change(content):
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = value
    return change


BROKEN = {
    "no curves": (put(None, "curves"), "curves is a null, not object"),
    "a short curve": (put([1.0], "curves", "loss"), "curves.loss has 1 values for "),
    "text in a curve": (put(["x"], "curves", "loss"), "curves.loss[0] is a string, not number"),
    "steps that fall": (put([2, 1, 0], "curves", "step"), "curves.loss has "),
    "an unknown end": (put("bored", "stopped", "why"), "stopped.why is 'bored', which is none of its values"),
    "another curve": (put([], "curves", "extra"), "curves.extra is no part of it"),
    "an accuracy in words": (put("high", "test_accuracy"), "test_accuracy is a string, not number"),
    "a number without end": (put(10**400, "test_loss"), "test_loss is a number that is too large"),
    "a parting nowhere": (put([], "lockstep", "parted", "entry"), "lockstep.parted.entry has 0 items"),
    "no hash": (put("", "provenance", "data_sha256"), "data_sha256 is '', which is not of its form"),
    "format 2": (put(2, "format"), "has format 2; this version reads 1"),
    "another kind": (put("else", "kind"), "is damaged, or of an older version"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_results_file_is_named(trained, results, capsys, monkeypatch, tmp_path, name):
    monkeypatch.chdir(tmp_path)
    change, message = BROKEN[name]
    change(results["parted"])
    (tmp_path / "broken.json").write_text(json.dumps(results["parted"]))
    assert run("report", "broken.json") == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "broken.html").exists()


def test_steps_that_fall_are_refused(results):
    curves = results["step"]["curves"]
    curves["step"][0], curves["step"][1] = curves["step"][1], curves["step"][0]
    assert problem(results["step"]) == "curves.step does not rise"


def test_what_is_valid_can_be_drawn(results):
    """Parts replaced by others: our reading of the schema is a validator's, and what is valid has a page."""
    validator = jsonschema.Draft202012Validator(schema("training"))
    used, wrong, drawn = set(), 0, 0

    def places(value, at=()):
        yield at
        if isinstance(value, dict):
            for key, item in value.items():
                yield from places(item, (*at, key))

    def collect(rules, names=False):
        if isinstance(rules, dict):
            used.update(() if names else rules)
            for key, value in rules.items():
                collect(value, not names and key in ("properties", "$defs"))
        elif isinstance(rules, list):
            for value in rules:
                collect(value)

    collect(schema("training"))
    assert used - {"$schema", "title", "$defs"} <= KEYWORDS
    for at in list(places(results["parted"]))[1:]:
        for value in (None, 0, -1, True, "", "nan", "-inf", [], [None], ["a"], {}, 1.5, 1e308):
            other = copy.deepcopy(results["parted"])
            put(value, *at)(other)
            found = problem(other)
            if at == ("kind",):
                assert found
            elif at != ("format",) and not found.startswith("curves."):
                assert (found == "") is validator.is_valid(other), (at, value, found)
            if not found:
                assert render_training(other).endswith("</html>")
                drawn += 1
            wrong += found != ""
    assert wrong > 400
    assert drawn > 60
