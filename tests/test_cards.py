"""What a card of the report shows: equation, formula of the code, the tagged line, how to run the claim again."""

import re
import shlex
from dataclasses import replace

import pytest

from reports.cards import card
from reports.certainty import certificate_sentence
from reports.html import render
from reports.listings import Listing, excerpt, listings, once, without_docstring
from reports.views import view
from tests.documents import loaded, run, write

DOCUMENT = '''
def twice(x):
    """The slope."""
    return 2 * x  # (a label)(square')


@gradient(of=lambda x: jnp.sum(x ** 2), shapes={"x": "n"}, label="square'", section="1 First", equation=r"dx = 2\\,x")
def backward(x):
    return twice(x)  # (square')


@gradient(of=lambda x: jnp.sum(x ** 2), shapes={"x": "n"}, label="loop", section="2 Second", uses=("square'",))
def looped(x):
    out = np.zeros_like(x)
    for i in range(len(x)):
        out[i] = x[i]
    return out


verify.definition(label="d", section="2 Second", equation="x := y")
'''


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, DOCUMENT)
    assert run("verify", "document.py", "--examples", "10", "--seed", "3") == 1
    return loaded(tmp_path / "reports/out/document.json")


def test_the_counts_and_sections(results):
    shown = view(results)
    assert shown.counts == (("✗", "1 refuted, not as expected", "bad"), ("✓", "1 certified", "ok"), ("≔", "1 definition", "none"))
    assert [(s.title, [c.label for c in s.cards]) for s in shown.sections] == [("1 First", ["square'"]), ("2 Second", ["loop", "d"])]
    assert [c.label for c in shown.unexpected] == ["loop"]
    assert shown.passes is False


def test_the_command_runs_the_claim_again(results, tmp_path):
    command = view(results).cards["square'"].command
    assert command == """manual-bp verify document.py --seed 3 --examples 10 --select 'square'"'"''"""
    assert run(*shlex.split(command)[1:], "--json", "again.json") == 0
    assert [claim["label"] for claim in loaded(tmp_path / "again.json")["claims"]] == ["square'"]


def test_a_formula_stands_beside_the_equation_or_the_code_is_shown(results):
    cards = view(results).cards
    assert "<math" in cards["square'"].equation
    assert "<math" in cards["square'"].formula
    assert cards["loop"].formula is None
    assert cards["d"].formula is None
    page = render(results)
    assert page.count("as computed<") == 1
    assert page.count("Shown as code; evidence") == 1
    assert r"TeX: <code>dx = 2\,x</code>" in page


def test_the_tagged_line_is_marked(results):
    (shown,) = listings(results["claims"][0])
    assert [line for line, tagged in shown.lines if tagged] == ["    return twice(x)  # (square')"]
    assert re.search(r"<b>    return twice\(x\)  # \(square'\)</b>", render(results))


def test_code_that_is_shown_again_refers_to_the_first_card(results):
    long = Listing("a.py:1", (("def f(x):", False), ("    y = x", False), ("    return y", True)))
    short = Listing("a.py:9", (("def g(x):", False), ("    return x", True)))
    found = list(once([("1", (long, short)), ("2", (short, long)), ("3", (long,))]))
    assert found == [(long, short), (short, replace(long, at="1")), (replace(long, at="1"),)]
    twice = [{**results["claims"][0], "label": label, "code": "def f(x):\n    y = x\n    return y"} for label in "ab"]
    page = render({**results, "claims": twice})
    assert page.count("<pre>def f(x):") == 1
    assert "shown at <a href=#a>a</a>" in page


def test_long_lists_of_shapes_that_are_the_same_refer_to_the_first_card(results):
    first = results["claims"][0]

    def page(*counts):
        shapes = [[{"inputs": {"x": [[k, 30000]] * 9}, "examples": 8, "refuted": 0} for k in range(n)] for n in counts]
        claims = [{**first, "label": f"n{k}", "shapes": some, "dimensions": {}} for k, some in enumerate(shapes)]
        return render({**results, "claims": claims})

    told = "Shapes, and how they came out: as at "
    assert f"{told}<a href=#n0>n0</a>" in page(20, 20)
    assert page(20, 20).count("20 structures, none failed") == 1
    assert page(20, 21, 20, 21).count(told) == 2
    assert told not in page(20, 21)
    assert told not in page(1, 1)  # as short as a reference
    assert told not in page(0, 0)


def test_of_a_long_function_what_is_around_the_line():
    code = "def f(x):\n" + "".join(f"    a{k} = x + {k}\n" for k in range(20)) + "    return a3"
    assert [line.strip() for line, _ in excerpt(code, "a9 = x + 9")] == [
        "def f(x):", "...", "a8 = x + 8", "a9 = x + 9", "a10 = x + 10", "..."
    ]
    assert [tagged for _, tagged in excerpt(code, "a9 = x + 9")] == [False, False, False, True, False, False]


@pytest.mark.parametrize(("code", "left"), [
    ('def f(x):\n    """Text\n\n    of lines."""\n    return x', "def f(x):\n    return x"),
    ('class C:\n    """Text."""\n    x: int', "class C:\n    x: int"),
    ('def f(x):\n    """Alone."""', 'def f(x):\n    """Alone."""'),
    ("def f(x): return x", "def f(x): return x"),
    ("no python (", "no python ("),
    ("", ""),
])
def test_docstrings_are_left_out(code, left):
    assert without_docstring(code) == left


def test_a_line_that_only_calls_is_no_formula(results):
    claim = results["claims"][1]
    line = {"file": "a.py", "line": 1, "function": "g", "text": "m = size(x)", "code": "def g(x):\n    m = size(x)\n    while m: pass"}
    other = {**line, "text": "m = 3 * x", "code": "def g(x):\n    m = 3 * x\n    while m: pass"}
    assert card({**claim, "transcribed": [line]}, str, str).formula is None
    assert "<math" in card({**claim, "transcribed": [other]}, str, str).formula


# -- certificates ------------------------------------------------------------------------------------------------------

CERTIFICATE = {
    "certified": True, "why": "", "trials": 4, "log2_miss": -91.6, "primes": [2**61 - 1] * 4, "shapes": [{"x": [1]}],
    "regions": 1, "comparisons": 0, "opaque": [],
}
SENTENCES = {
    "not tried": (None, ""),
    "one region": (CERTIFICATE, "Equal in 4 exact trials: p < 2^-91."),
    "one trial": ({**CERTIFICATE, "trials": 1, "log2_miss": -45.0}, "Equal in 1 exact trial: p < 2^-45."),
    "regions": ({**CERTIFICATE, "regions": 3}, "Equal in 4 exact trials, in 3 regions: p < 2^-91."),
    "opaque": ({**CERTIFICATE, "opaque": ["digamma", "erf"]}, "Equal in 4 exact trials: p < 2^-91; opaque: digamma, erf."),
    "why not": ({"certified": False, "why": "no exact form: np.convolve"}, "Not certified: no exact form: np.convolve."),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_a_certificate_in_a_sentence(name):
    certificate, sentence = SENTENCES[name]
    assert certificate_sentence({"certificate": certificate}) == sentence


def articles(results):
    """The text of each card, without its marks."""
    return [" ".join(re.sub("<[^>]*>", "", one).split()) for one in re.findall("(?s)<article(.*?)</article>", render(results))]


def test_a_certified_card_says_so_beside_its_error(results):
    first = {**results["claims"][0], "certificate": CERTIFICATE, "verdict": "certified"}
    page = render({**results, "claims": [first]})
    assert re.search(r"of the derived bound; dimensions proved for all n\. Equal in 4 exact trials: p &lt; 2<sup>−91</sup>\.", page)
    assert page.count("Equal in 4 exact trials") == 1


def test_a_real_certificate_stands_on_its_card(results):
    square, loop = (one for one in articles(results) if "gradient" in one)
    assert re.search(r"Equal in 4 exact trials: p &lt; 2−\d+\.", square)
    assert "Equal in" not in loop


def test_a_verified_card_says_why_it_is_not_certified(results):
    why = {"certified": False, "why": "no exact form: a < b \x1b[31m"}
    first = {**results["claims"][0], "verdict": "verified", "certificate": why}
    (text,) = articles({**results, "claims": [first]})
    assert "Not certified: no exact form: a &lt; b \ufffd[31m." in text
    (text,) = articles({**results, "claims": [{**first, "certificate": None}]})
    assert "ertified" not in text


def test_the_arbiter_has_a_line_of_its_own(results):
    word = "autodiff is off by 2e-07 of its size here; the hand-derived formula is right (dx[0], exactly 0.5)"
    page = render({**results, "claims": [{**results["claims"][0], "arbiter": word}]})
    assert page.count(f"<p>By exact arithmetic, {word}.") == 1
    assert word not in render(results)


def test_the_score_of_what_is_not_certified_is_a_sentence_of_its_own(results):
    same = {"file": "d.py", "line": 1, "function": "f", "what": "add .T", "edit": "x -> x.T", "before": "x", "after": "x.T", "why": "equal"}
    teeth = {"killed": 2, "mutants": 3, "causes": {"value": 2}, "equivalent": [same], "survivors": [], "gaps": [], "disputed": [], "unknown": []}
    claim = {**results["claims"][0], "verdict": "verified", "proved_dimensions": [], "certificate": None, "teeth": teeth}
    assert "bound. Killed 2 of 2 wrong versions, 1 equivalent." in render({**results, "claims": [claim]})
    assert "1 version that is no mistake<" in render({**results, "claims": [claim]})


def test_the_command_says_what_was_asked_for_beside_the_document(results):
    def command(teeth, **asked):
        claims = [{**claim, "teeth": teeth} for claim in results["claims"]]
        return view({**results, "claims": claims, "provenance": {**results["provenance"], "seed": 0, **asked}}).command

    teeth = {"killed": 0, "mutants": 0, "causes": {}, "equivalent": [], "survivors": [], "gaps": [], "disputed": [], "unknown": []}
    assert command(None, examples=200, trials=4) == "manual-bp verify document.py"
    assert command(teeth, examples=200, trials=8) == "manual-bp verify document.py --trials 8 --teeth"
    assert command(None, examples=50, trials=0) == "manual-bp verify document.py --examples 50 --no-exact"
