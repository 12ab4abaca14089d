"""The command line: exit codes, bad input, interruption, determinism, and files written whole or not at all."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

import reports
from tests.documents import loaded, run, write
from verify.claim import COMPARED

SCHEMA = json.loads((Path(reports.__file__).parent / "results.schema.json").read_text())
GOOD = "gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='good')(lambda x: 2 * x)\n"
BAD = "gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='bad')(lambda x: x)\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def valid(path):
    """A results file, valid by the schema that ships with the package."""
    content = loaded(path)
    jsonschema.Draft202012Validator(SCHEMA).validate(content)
    return content


def test_a_good_document(folder, capsys):
    write(folder, GOOD, "good.py")
    assert run("verify", "good.py", "--examples", "20") == 0
    out = capsys.readouterr().out
    assert "✓ certified" in out
    assert "1 of 1 statements hold; every row is as expected." in out
    assert "Report: reports/out/good.html  Results: reports/out/good.json" in out
    content = valid(folder / "reports/out/good.json")
    assert content["conclusion"] == "1 of 1 statements hold; every row is as expected."
    assert (folder / "reports/out/.gitignore").read_text() == "*\n"
    assert "<!doctype html>" in (folder / "reports/out/good.html").read_text()


def test_a_bad_document(folder, capsys):
    write(folder, GOOD + BAD, "both.py")
    assert run("verify", "both.py", "--examples", "20") == 1
    out = capsys.readouterr().out
    assert "1 of 2 statements hold; 1 not as expected: bad (refuted)." in out
    assert "dx by hand     [1.]" in out
    assert "dx by autodiff [2.]" in out
    content = valid(folder / "reports/out/both.json")
    assert [claim["verdict"] for claim in content["claims"]] == ["certified", "refuted"]


def test_quiet_prints_the_unexpected_rows_and_the_conclusion(folder, capsys):
    write(folder, GOOD + BAD, "both.py")
    assert run("verify", "both.py", "--examples", "20", "--quiet") == 1
    out = capsys.readouterr().out
    assert "good" not in out
    assert "✗ refuted" in out
    assert out.rstrip().endswith("1 of 2 statements hold; 1 not as expected: bad (refuted).")


def test_every_kind_of_verdict_is_valid_json(folder):
    write(folder, GOOD + BAD + """
vjp(of=lambda x: x, shapes={"x": "n"}, label="shape")(lambda dy, x: dy[:, None])
vjp(of=lambda x: x, label="error")(lambda dy, x: dy)
identity(of=lambda x: x * jnp.nan, shapes={"x": "n"}, label="inconclusive")(lambda x: x)
identity(of=lambda x: x, shapes={"x": "n"}, label="nan")(lambda x: x * np.inf)
derivative(of=jnp.sin, shapes={"x": "n"}, label="known", expect="refuted", because="sign", counterexample={"x": [0.0]})(
    lambda x: -np.cos(x))
""")
    assert run("verify", "document.py", "--examples", "20") == 1
    content = valid(folder / "reports/out/document.json")
    assert {claim["label"]: claim["verdict"] for claim in content["claims"]} == {
        "good": "certified", "bad": "refuted", "shape": "refuted", "error": "error", "inconclusive": "inconclusive",
        "nan": "refuted", "known": "refuted",
    }


def test_one_seed_one_result(folder):
    write(folder, GOOD + BAD)
    files = []
    for k, seed in enumerate(("7", "7", "8")):
        run("verify", "document.py", "--examples", "30", "--seed", seed, "--json", f"{k}.json", "--html", f"{k}.html")
        content = valid(folder / f"{k}.json")
        content.pop("provenance")
        for claim in content["claims"]:
            claim.pop("seconds")
        files.append(content)
    assert files[0] == files[1]
    assert files[0] != files[2]
    assert (folder / "0.html").read_text() == (folder / "1.html").read_text()


BAD_INPUT = {
    "missing file": (["nowhere.py"], "no file nowhere.py"),
    "missing module": (["nowhere.at.all"], "no module named 'nowhere.at.all'"),
    "module for file": (["not_yet_loaded"], "no module named 'not_yet_loaded'; is it the file not_yet_loaded.py?"),
    "folder": (["./"], "is a folder; name a file in it"),
    "folder as a module": (["sub"], "sub is a folder without a document of its own"),
    "unknown correction": (["refers.py"], "good refers to 'better', which is no claim of"),
    "missing claim": (["document.py:nothing"], "document.py has no claim 'nothing'; it has good"),
    "unknown label": (["document.py", "--select", "goud"], "--select goud: no such label in document; near it: good"),
    "syntax error": (["syntax.py"], "syntax.py has a syntax error in line 7"),
    "import error": (["imports.py"], "imports.py can't be imported: ModuleNotFoundError: No module named 'nonsense' in line 6"),
    "raises": (["raises.py"], "raises.py can't be imported: ZeroDivisionError: division by zero in line 6 (x = 1 / 0)"),
    "exits": (["exits.py"], "exits.py can't be imported: SystemExit: 3 in line 6"),
    "generated": (["generated.py"], "the claim 'made' is made by generated code (<string>), which no document holds"),
    "two labels": (["twice.py"], "two claims are labelled 'good': lines 6 and 7"),
    "json to a folder": (["document.py", "--json", "sub"], "sub is a folder; name a file"),
    "json for two": (["document.py", "document.py", "--json", "x.json"], "--json and --html name one file"),
    "examples 0": (["document.py", "--examples", "0"], "0 is not at least 1"),
    "examples text": (["document.py", "--examples", "many"], "invalid integer value: 'many'"),
    "seed -1": (["document.py", "--seed", "-1"], "-1 is negative; expected 0 or more"),
    "timeout 0": (["document.py", "--timeout", "0"], "0 is no positive number of seconds"),
    "unknown option": (["document.py", "--fast"], "unrecognized arguments: --fast"),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_named_without_a_traceback(folder, capsys, name):
    write(folder, GOOD)
    write(folder, "x = 1\ndef f(:\n", "syntax.py")
    write(folder, "import nonsense\n", "imports.py")
    write(folder, "x = 1 / 0\n", "raises.py")
    write(folder, "raise SystemExit(3)\n", "exits.py")
    write(folder, f"exec({GOOD.replace('good', 'made')!r})\n", "generated.py")
    write(folder, GOOD + GOOD, "twice.py")
    write(folder, GOOD.replace("label=", "corrected_by='better', label="), "refers.py")
    write(folder, GOOD, "not_yet_loaded.py")
    write(folder, GOOD)
    (folder / "sub").mkdir()
    arguments, message = BAD_INPUT[name]
    assert run("verify", *arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert not list(folder.rglob("*.part"))
    assert not (folder / "reports/out/document.json").exists()


def test_a_document_without_claims_checks_nothing(folder, capsys):
    write(folder, "x = 1\n", "empty.py")
    assert run("verify", "empty.py") == 5
    assert "Nothing was checked." in capsys.readouterr().out


def test_select(folder):
    write(folder, GOOD + BAD)
    assert run("verify", "document.py", "--examples", "10", "--select", "good") == 0
    assert run("verify", "document.py", "--examples", "10", "--select", "b*") == 1
    assert [claim["label"] for claim in valid(folder / "reports/out/document.json")["claims"]] == ["bad"]
    assert run("verify", "document.py", "--examples", "10", "--select", "bad", "--select", "good") == 1


def test_one_claim_of_a_module(folder, capsys):
    assert run("verify", "verify.notes.section_2:2.J", "--examples", "10") == 0
    assert "1 of 1 statements hold" in capsys.readouterr().out
    assert run("verify", "verify.notes.section_2:2.K") == 2
    assert "verify.notes.section_2 has no claim '2.K'; it has 2.CE, 2.CE@one-hot, 2.BCE" in capsys.readouterr().err


def test_the_declared_number_of_rows_is_compared(folder, capsys):
    write(folder, "ROWS = 2\n" + GOOD)
    assert run("verify", "document.py", "--examples", "10") == 1
    assert "the number of rows is not the declared one" in capsys.readouterr().out
    write(folder, "ROWS = 1\n" + GOOD)
    assert run("verify", "document.py", "--examples", "10") == 0


def test_a_folder_that_cannot_be_written(folder, capsys):
    write(folder, GOOD)
    (folder / "file").write_text("")
    assert run("verify", "document.py", "--json", "file/x.json") == 2
    assert "can't write to file" in capsys.readouterr().err
    if os.geteuid() != 0:
        (folder / "closed").mkdir(mode=0o500)
        assert run("verify", "document.py", "--json", "closed/x.json") == 2


def test_a_neighbour_can_be_imported_and_shadows_nothing(folder):
    (folder / "verify.py").write_text("raise RuntimeError('shadowed')\n")
    (folder / "neighbour.py").write_text("FACTOR = 2\n")
    write(folder, "from neighbour import FACTOR\n" + GOOD.replace("2 * x", "FACTOR * x"), "reads.py")
    assert run("verify", "reads.py", "--examples", "10") == 0


def test_version_and_help(capsys):
    assert run("--version") == 0
    assert capsys.readouterr().out.startswith("manual-bp 0.")
    assert run("--help") == 0
    assert "exit codes: 0 every row as expected" in capsys.readouterr().out
    assert run() == 2
    assert run("nonsense") == 2


SLOW = GOOD + """
import time
def slow(x):
    time.sleep(0.5)
    return 2 * x
gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='slow')(slow)
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_interruption_keeps_what_was_finished(folder, jobs):
    write(folder, SLOW)
    process = subprocess.Popen(
        [sys.executable, "-m", "verify", "verify", "document.py", "--examples", "20", "--jobs", jobs, "--junit", "it.xml"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder, start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "good" in line:
            break
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "Interrupted after 1 of 2 claims" in out
    content = valid(folder / "reports/out/document.json")
    assert [claim["label"] for claim in content["claims"]] == ["good"]
    assert content["conclusion"].startswith("Interrupted after 1 of 2 claims")
    assert content["passes"] is False
    assert 'tests="2" failures="1"' in (folder / "it.xml").read_text(), "the document itself fails"
    assert not list(folder.rglob("*.part"))


def test_several_processes_give_the_same_results(folder):
    write(folder, GOOD + BAD + GOOD.replace("good", "third"))
    contents = []
    for jobs in ("1", "3"):
        assert run("verify", "document.py", "--examples", "20", "--jobs", jobs) == 1
        contents.append(valid(folder / "reports/out/document.json"))
        contents[-1].pop("provenance")
        for claim in contents[-1]["claims"]:
            claim.pop("seconds")
    assert contents[0] == contents[1]


ONCE = """
from pathlib import Path
if Path('loaded').exists():
    {second_time}
else:
    Path('loaded').touch()
    """ + GOOD


@pytest.mark.parametrize("second_time", ["raise ValueError('once only')", "pass"])
def test_a_document_that_loads_only_once_is_checked_by_one_process(folder, second_time):
    slow = SLOW.replace("0.5", "0.05").removeprefix(GOOD)
    write(folder, ONCE.replace("{second_time}", second_time) + slow)
    assert run("verify", "document.py", "--examples", "20", "--jobs", "2") == 0
    assert [claim["label"] for claim in valid(folder / "reports/out/document.json")["claims"]] == ["good", "slow"]


def test_a_document_that_loads_only_once_is_named_where_it_must_be_loaded_again(folder, capsys):
    dies = "import os\n" + BAD.replace("lambda x: x)", "lambda x: os._exit(3))") + GOOD.replace("good", "after")
    write(folder, ONCE.replace("{second_time}", "raise ValueError('once only')") + dies)
    assert run("verify", "document.py", "--examples", "10", "--jobs", "1") == 2
    message = capsys.readouterr().err
    assert "document.py can't be loaded a second time, after a claim's process ended" in message
    assert "ValueError: once only" in message


UNRULY = """
import os, time
G = dict(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'})
def spins(x):
    while True:
        x = x + 1
gradient(**G, label='endless', timeout=0.5)(spins)
def sleeps(x):
    time.sleep(3600)
gradient(**G, label='sleeps')(sleeps)
gradient(**G, label='leaves')(lambda x: os._exit(3))
gradient(**G, label='killed')(lambda x: os.kill(os.getpid(), 9))
""" + GOOD


def test_what_stops_or_crashes_is_reported_and_the_others_go_on(folder, capsys):
    write(folder, UNRULY)
    assert run("verify", "document.py", "--examples", "20", "--jobs", "2", "--timeout", "6") == 1
    claims = {claim["label"]: claim for claim in valid(folder / "reports/out/document.json")["claims"]}
    assert {label: claim["verdict"] for label, claim in claims.items()} == {
        "endless": "error", "sleeps": "error", "leaves": "error", "killed": "error", "good": "certified",
    }
    assert claims["endless"]["message"].startswith("stopped after 0.5 s; it was in line 1")
    assert claims["sleeps"]["message"].startswith("stopped after 6 s; it was in line 14 of document.py")
    assert claims["leaves"]["message"] == "its process ended with exit code 3 while this claim was checked"
    assert claims["killed"]["message"] == "its process was ended by SIGKILL while this claim was checked"
    assert "1 of 5 statements hold" in capsys.readouterr().out


@pytest.mark.parametrize("jobs", ["0", "1"])
def test_what_the_code_prints_is_cut_short(folder, capfd, jobs):
    write(folder, "def df(x):\n    print('called', x.shape)\n    return 2 * x\n"
          "gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='good')(df)\n")
    assert run("verify", "document.py", "--examples", "30", "--jobs", jobs) == 0
    out = capfd.readouterr().out
    assert out.count("called") == 10
    assert out.count("(what else this claim's code prints is not shown)") == 1


def test_a_fault_of_the_checker_is_a_row_and_the_others_go_on(folder, capsys, monkeypatch):
    from verify import comparing

    original = comparing.Comparison.run

    def faulty(self):
        return original(self) if self.claim.label != "bad" else 1 // 0

    monkeypatch.setattr(comparing.Comparison, "run", faulty)
    write(folder, BAD + GOOD)
    assert run("verify", "document.py", "--examples", "10") == 3
    claims = {claim["label"]: claim for claim in valid(folder / "reports/out/document.json")["claims"]}
    assert claims["good"]["verdict"] == "certified"
    assert claims["bad"]["verdict"] == "error"
    assert "a fault of the checker: ZeroDivisionError" in claims["bad"]["message"]
    assert "Traceback" in capsys.readouterr().err


def test_an_import_that_never_ends_is_stopped(folder, capsys):
    write(folder, "import time\ntime.sleep(3600)\n")
    assert run("verify", "document.py", "--jobs", "1", "--timeout", "4") == 2
    assert "document.py can't be imported within 4 s" in capsys.readouterr().err


def test_the_notes_as_they_stand(folder, capsys):
    """A part of the main job, with fewer examples: the gate in CI checks all of it."""
    parts = [word for part in ("1.*", "4.*", "7.1*") for word in ("--select", part)]
    assert run("verify", "--examples", "16", "--quiet", "--jobs", "2", *parts) == 0
    content = valid(folder / "reports/out/notes.json")
    assert len(content["claims"]) > 80
    assert {claim["bound"] for claim in content["claims"]} <= {"derived", "stated"}
    compared = [claim for claim in content["claims"] if claim["kind"] in COMPARED and claim["expected"] == "verified"]
    assert [claim["label"] for claim in compared if claim["verdict"] != "certified"] == ["7.1g@float32"]
    assert len(compared) > 60
