"""`manual-bp report`, and what `verify` writes for other programs: the same files, from results files alone."""

import contextlib
import copy
import functools
import json
import os
import re
import shutil
import time

import jsonschema
import pytest

from reports.html import render, render_many
from reports.schema import KEYWORDS, problem, schema
from tests.documents import loaded, run, write
from tests.terminal import piped
from tests.test_report import HOSTILE, Page
from tests.thousand import thousand
from tests.thousand import write as write_thousand
from verify.results import dump

GOOD = "gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='good', section='1 One')(lambda x: 2 * x)\n"
BAD = "gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='bad', uses=('good',))(lambda x: x)\n"


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """A folder with the results of two documents, in `one/` and `two/`."""
    folder = tmp_path_factory.mktemp("checked")
    with contextlib.chdir(folder):
        for name, body in (("one", GOOD), ("two", GOOD + BAD)):
            write(folder, body, f"{name}.py")
            run("verify", f"{name}.py", "--examples", "10", "--json", f"{name}/it.json", "--html", f"{name}/it.html")
    return folder


@pytest.fixture
def folder(checked, tmp_path, monkeypatch):
    """A copy of it, to work in."""
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(checked, tmp_path, dirs_exist_ok=True)


def hrefs(page):
    return [value for tag, name, value in page.attributes if tag == "a" and name == "href"]


def ids(page):
    return [value for _, name, value in page.attributes if name == "id"]


# -- one results file, and several -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "code"), [("one", 0), ("two", 1)])
def test_one_file_is_rendered_as_verify_did(folder, capsys, name, code):
    assert run("report", f"{name}/it.json", "-o", "new/folder/again.html") == code
    assert (folder / "new/folder/again.html").read_bytes() == (folder / f"{name}/it.html").read_bytes()
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "Report: new/folder/again.html"
    assert out.splitlines()[-2] == f"{name}: {loaded(folder / f'{name}/it.json')['conclusion']}"


def test_the_report_goes_beside_the_results(folder):
    before = (folder / "one/it.html").read_bytes()
    (folder / "one/it.html").unlink()
    assert run("report", "one/it.json") == 0
    assert (folder / "one/it.html").read_bytes() == before
    assert run("report", "one/it.json", "two/it.json") == 1
    assert sorted(path.name for path in (folder / "one").glob("*.html")) == ["it.html", "report.html"]
    assert (folder / "one/it.html").read_bytes() == before


def test_several_files_make_one_report_with_an_index(folder):
    results = [loaded(folder / f"{name}/it.json") for name in ("one", "two", "one")]
    page = Page(render_many(results))
    assert page.tags.count("main") == 1
    assert len(set(ids(page))) == len(ids(page))
    assert {link.removeprefix("#") for link in hrefs(page)} <= set(ids(page))
    assert hrefs(page)[:3] == ["#d1-document-top", "#d2-document-top", "#d3-document-top"]
    assert hrefs(page).count("#d2-good") >= 2, "the table's and the one of `uses`"
    text = " ".join("".join(page.texts).split())
    assert "✗ 2 of 3 documents pass." in text
    assert text.count("✓ passes") == 2
    assert text.count("✗ fails") == 1
    for one in results:
        assert one["conclusion"] in text
    assert "✓ 2 of 2 documents pass." in render_many(results[::2])


def test_hostile_documents_stay_text_in_the_index(folder):
    one = {**loaded(folder / "one/it.json"), "document": HOSTILE, "conclusion": HOSTILE}
    page = Page(render_many([one, one]))
    assert not {"script", "img"} & set(page.tags)
    assert "".join(page.texts).count(HOSTILE) == 8


def test_the_headline_is_the_gate(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "ROWS = 2\n" + GOOD)
    assert run("verify", "document.py", "--examples", "10") == 1
    results = loaded(tmp_path / "reports/out/document.json")
    assert results["passes"] is False
    assert re.search(r'<p class="?verdict bad"?>✗ 1 of 1 statements hold', render(results))
    assert run("report", "reports/out/document.json") == 1


# -- what the results file says of the run -----------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "code"), [(GOOD, 0), (GOOD + BAD, 1), ("x = 1\n", 5), ("verify.missing(label='m', because='so')\n", 5)])
def test_passes_is_the_exit_code(tmp_path, monkeypatch, body, code):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, body)
    assert run("verify", "document.py", "--examples", "10") == code
    assert loaded(tmp_path / "reports/out/document.json")["passes"] is (code == 0)
    assert run("report", "reports/out/document.json") == code


def test_the_target_is_as_it_was_named(folder):
    assert loaded(folder / "one/it.json")["provenance"]["target"] == "one.py"
    run("verify", "./one.py", "--examples", "10")
    assert loaded(folder / "reports/out/one.json")["provenance"]["target"] == "./one.py"


def test_two_runs_give_the_same_bytes(folder):
    for k in (1, 2):
        assert run("verify", "two.py", "--examples", "30", "--html", f"{k}.html", "--markdown", f"{k}.md") == 1
    for kind in ("html", "md"):
        assert (folder / f"1.{kind}").read_bytes() == (folder / f"2.{kind}").read_bytes()


def test_what_a_claim_calls_is_told_in_one_order(folder):
    """Python's hashes of strings are other ones in every process, and so is the order of a set of names."""
    names = [f"part_{k}" for k in range(8)]
    body = "".join(f"@identity(of=lambda x: x, shapes={{'x': 'n'}}, label='{n}')\ndef {n}(x):\n    return x\n" for n in names)
    body += "@identity(of=lambda x: 8 * x, shapes={'x': 'n'}, label='all')\ndef whole(x):\n    return "
    write(folder, body + " + ".join(f"{n}(x)" for n in names) + "\n", "calls.py")
    for seed in "12":
        process = piped(folder, "verify", "calls.py", "--examples", "5", "--jobs", "0", "--html", f"{seed}.html", PYTHONHASHSEED=seed)
        assert process.returncode == 0, process.stdout
    assert loaded(folder / "reports/out/calls.json")["claims"][-1]["calls"] == names
    assert (folder / "1.html").read_bytes() == (folder / "2.html").read_bytes()


def test_files_for_machines_hold_all_documents(folder, capsys):
    assert run("verify", "one.py", "two.py", "--examples", "10", "--quiet", "--junit", "out/all.xml", "--markdown", "out/all.md") == 1
    text = (folder / "out/all.md").read_text()
    assert re.findall("^### (.*)", text, re.M) == ["one", "two"]
    assert (folder / "out/all.xml").read_text().count("<testsuite ") == 2
    assert run("report", "reports/out/one.json", "reports/out/two.json", "-o", "out/all.html", "--junit", "out/again.xml",
               "--markdown", "out/again.md") == 1
    assert (folder / "out/again.md").read_text() == text
    assert (folder / "out/again.xml").read_text() == (folder / "out/all.xml").read_text()


# -- wrong usage -------------------------------------------------------------------------------------------------------


def changed(change):
    def text(content):
        change(content)
        return json.dumps(content)
    return text


def put(value, *keys):
    """A change of a results file: this value at this place, or nothing there if it is `...`."""
    def change(content):
        for key in keys[:-1]:
            content = content[key]
        if value is ...:
            del content[keys[-1]]
        else:
            content[keys[-1]] = value
    return changed(change)


ARRAY = ("claims", 1, "counterexample", "outputs", 0, "by_hand")
BROKEN = {
    "no JSON": (lambda _: "{", "it is not JSON"),
    "NaN": (put(float("nan"), "claims", 0, "outputs", 0, "worst"), "it is not JSON"),
    "brackets": (lambda _: "[" * 100_000, "it is not JSON"),
    "no results": (lambda _: "[]", "is no results file of manual-bp"),
    "format 2": (put(2, "format"), "has format 2; this version reads 1"),
    "no gate": (put(..., "passes"), "is damaged, or of another version: it lacks 'passes'"),
    "no target": (put(..., "provenance", "target"), "provenance lacks 'target'"),
    "another type": (put("yes", "passes"), "passes is a string, not boolean"),
    "an unknown verdict": (put("fine", "claims", 0, "verdict"), "claims[0].verdict is 'fine', which is none of its values"),
    "no outputs": (put(..., "claims", 1, "outputs"), "claims[1] lacks 'outputs'"),
    "worst": (put([], "claims", 0, "outputs", 0, "worst"), "claims[0].outputs[0].worst is a list, not number"),
    "histogram": (put([1], "claims", 0, "outputs", 0, "histogram"), "claims[0].outputs[0].histogram has 1 items"),
    "line 0": (put(0, "claims", 0, "source", "line"), "claims[0].source.line is 0, which is too small"),
    "hash": (put("0", "provenance", "document_sha256"), "document_sha256 is '0', which is not of its form"),
    "one label twice": (put("good", "claims", 1, "label"), "two claims are labelled 'good'"),
    "refuted without a reason": (put("refuted", "claims", 0, "expected"), "claims[0].because is empty"),
    "a jagged array": (put([1, [2]], *ARRAY, "data"), "by_hand has data of another shape"),
    "an array of text": (put(["x"], *ARRAY, "data"), "by_hand has data of another shape, or no numbers"),
    "half an array": (put({"data": 1, "dtype": 2}, "claims", 1, "counterexample", "inputs", "x"), "x lacks 'shape'"),
    "a huge number": (put(10**400, "claims", 0, "outputs", 0, "worst"), "worst is a number that is too large"),
    "deep": (put(json.loads("[" * 300 + "]" * 300), "claims", 1, "counterexample", "inputs", "x"), "is nested too deeply"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_results_file_is_named_and_nothing_written(folder, capsys, name):
    change, message = BROKEN[name]
    content = loaded(folder / "two/it.json")
    (folder / "broken.json").write_text(change(content))
    for arguments in (["report", "broken.json"], ["report", "one/it.json", "broken.json", "-o", "broken.html"],
                      ["compare", "broken.json", "one/it.json"], ["compare", "one/it.json", "broken.json"]):
        assert run(*arguments) == 2
        captured = capsys.readouterr()
        assert captured.err.startswith("manual-bp: broken.json ")
        assert message in captured.err
        assert captured.out == ""
    assert not (folder / "broken.html").exists()


USAGE = {
    "missing": (["nowhere.json"], "can't read the results file nowhere.json: there is no such file"),
    "a folder": (["one"], "can't read the results file one: Is a directory"),
    "nothing": ([], "the following arguments are required: RESULTS"),
    "to a folder": (["one/it.json", "-o", "two"], "two is a folder; name a file"),
    "under a file": (["one/it.json", "-o", "one.py/x.html"], "can't write to one.py: "),
    "over the results": (["one/it.json", "-o", "one/../one/it.json"], "is a results file, which -o would write over"),
    "summary over the results": (["one/it.json", "--markdown", "one/it.json"], "which --markdown would write over"),
    "twice": (["one/it.json", "-o", "x", "--junit", "x"], "-o and --junit both name x"),
}


@pytest.mark.parametrize("name", USAGE)
def test_wrong_usage_of_report(folder, capsys, name):
    arguments, message = USAGE[name]
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert run("report", *arguments) == 2
    assert message in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_wrong_usage_of_the_files_for_machines(folder, capsys):
    for arguments, message in (
        (["--junit", "one"], "one is a folder; name a file"), (["--markdown", "one.py/x"], "name another place by --markdown"),
        (["--json", "x", "--html", "x"], "--json and --html both name x"), (["--junit", "x", "--markdown", "./x"], "both name ./x"),
        (["--json", "y", "--html", "z", "--junit", "./y"], "--json and --junit both name ./y"),
        (["--junit", "reports/out/one.json"], "the results file and --junit both name reports/out/one.json"),
    ):
        assert run("verify", "one.py", *arguments) == 2
        assert message in capsys.readouterr().err
    assert not [path for path in (folder / "reports").rglob("*") if path.name != ".gitignore" and path.is_file()]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_not_replaced_and_a_link_is_followed(folder, capsys):
    os.mkfifo(folder / "pipe")
    assert run("report", "one/it.json", "-o", "pipe") == 2
    assert "pipe is a device or a pipe; name a file" in capsys.readouterr().err
    assert (folder / "pipe").is_fifo()
    (folder / "link.html").symlink_to("real.html")
    assert run("report", "one/it.json", "-o", "link.html") == 0
    assert (folder / "link.html").is_symlink()
    assert (folder / "real.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_an_interrupted_report_writes_nothing(folder, monkeypatch, capsys):
    def stop(*_):
        raise KeyboardInterrupt
    monkeypatch.setattr("reports.html.render", stop)
    assert run("report", "one/it.json", "-o", "x.html") == 130
    assert capsys.readouterr().err == "interrupted\n"
    assert not list(folder.glob("*x.html*"))


# -- a thousand claims -------------------------------------------------------------------------------------------------


def test_a_thousand_claims(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_thousand(tmp_path / "many.json")
    jsonschema.Draft202012Validator(schema()).validate(loaded(tmp_path / "many.json"))
    started = time.perf_counter()
    assert run("report", "many.json", "--junit", "many.xml", "--markdown", "many.md") == 1
    assert time.perf_counter() - started < 30, "the target is 5 s; `python -m tests.thousand FILE` measures it"
    page = Page((tmp_path / "many.html").read_text())
    assert page.tags.count("article") == 1000
    assert not {"script", "img"} & set(page.tags)
    assert (tmp_path / "many.md").stat().st_size < 1024 * 1024


def test_our_reading_of_the_schema_is_a_validator_s():
    """Parts of a valid file replaced by others: both say the same of each."""
    used = set()

    def collect(rules, names=False):
        if isinstance(rules, dict):
            used.update(() if names else rules)
            for key, value in rules.items():
                collect(value, not names and key in ("properties", "$defs"))
        elif isinstance(rules, list):
            for value in rules:
                collect(value)

    collect(schema())
    assert used - {"$schema", "title", "$defs"} <= KEYWORDS
    content = thousand(count=60)
    assert problem(content) == ""
    validator = jsonschema.Draft202012Validator(schema())
    wrong = 0
    for key in content["claims"][0]:
        for value in (None, 0, -1, True, "", "refuted", "nan", [], [None], [0] * 8, {}, {"a": []}, 1.5):
            for k in (0, 7, 13, 19):
                other = copy.deepcopy(content["claims"][k])
                other[key] = value
                ours = problem({**content, "claims": [other]})
                assert (ours == "") is validator.is_valid({**content, "claims": [other]}), (key, value, ours)
                wrong += ours != ""
    assert wrong > 500


CERTIFICATE = {
    "certified": True, "why": "", "trials": 4, "log2_miss": -91.6, "primes": [2**61 - 1], "shapes": [{"X": [2, 3]}],
    "regions": 1, "comparisons": 0, "opaque": [],
}
VALIDATOR = jsonschema.Draft202012Validator(schema())
NO_CERTIFICATE = {"certified": False, "why": "no exact form: np.convolve"}
NO_CERTIFICATES = {
    **{f"without {key}": {k: v for k, v in CERTIFICATE.items() if k != key} for key in CERTIFICATE},
    "a reason": {**CERTIFICATE, "why": "no exact form"}, "another key": {**CERTIFICATE, "chance": 0.5},
    "no trials": {**CERTIFICATE, "trials": 0}, "a chance above 1": {**CERTIFICATE, "log2_miss": 0.5},
    "a chance that is no number": {**CERTIFICATE, "log2_miss": "-inf"}, "no primes": {**CERTIFICATE, "primes": []},
    "a small prime": {**CERTIFICATE, "primes": [3]}, "no shapes": {**CERTIFICATE, "shapes": []},
    "no region": {**CERTIFICATE, "regions": 0}, "comparisons below 0": {**CERTIFICATE, "comparisons": -1},
    "a name that is none": {**CERTIFICATE, "opaque": [1]}, "certified in words": {**CERTIFICATE, "certified": "yes"},
    "no reason": {**NO_CERTIFICATE, "why": ""}, "no reason at all": {"certified": False}, "nothing": {}, "a list": [],
}


@functools.cache
def certified_row():
    """A file, and one of its rows that is certified."""
    content = thousand(count=60)
    return content, next(claim for claim in content["claims"] if claim["verdict"] == "certified")


def with_certificate(certificate, verdict):
    """A file with one row, whose certificate and verdict are these."""
    content, row = certified_row()
    return {**content, "claims": [{**row, "verdict": verdict, "certificate": certificate}]}


def both_say(content):
    """What is wrong with it; a full validator says the same."""
    found = problem(content)
    assert (found == "") is VALIDATOR.is_valid(content), found
    return found


@pytest.mark.parametrize("name", NO_CERTIFICATES)
def test_what_is_no_certificate(name):
    for verdict in ("certified", "verified"):
        assert both_say(with_certificate(NO_CERTIFICATES[name], verdict)).startswith("claims[0].certificate"), verdict


def test_certified_rows_have_a_certificate_and_others_may_say_why_not():
    assert both_say(with_certificate(CERTIFICATE, "certified")) == ""
    for without in (NO_CERTIFICATE, None):
        assert both_say(with_certificate(without, "certified")).startswith("claims[0].certificate")
        assert both_say(with_certificate(without, "verified")) == ""


def test_every_part_of_a_certificate_is_read_as_a_validator_reads_it():
    for key in CERTIFICATE:
        for value in (None, 0, -1, 7, True, False, "", "erf", [], [None], [7], ["erf"], [{}], {}, 1.5, -1.5):
            for base in (CERTIFICATE, {**CERTIFICATE, **NO_CERTIFICATE}):
                both_say(with_certificate({**base, key: value}, "verified"))


@pytest.mark.parametrize("trials", [-1, 1.5, None])
def test_trials_are_counted(trials):
    content = thousand(count=1)
    assert both_say({**content, "provenance": {**content["provenance"], "trials": trials}}).startswith("provenance.trials")


def test_half_a_surrogate_pair_survives(folder):
    content = loaded(folder / "one/it.json")
    content["claims"][0]["message"] = content["document"] = "\ud800"
    from verify.results import write_atomically

    write_atomically(folder / "odd.json", dump(content))
    assert loaded(folder / "odd.json") == content
    assert run("report", "odd.json", "--junit", "odd.xml", "--markdown", "odd.md") == 0
    for kind in ("html", "xml"):
        assert ("\ufffd" if kind == "html" else "\\ud800") in (folder / f"odd.{kind}").read_text()
