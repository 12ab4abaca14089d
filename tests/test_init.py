"""`manual-bp init`: the starter document is true, and nothing of the user's is overwritten."""

import os
import subprocess
import sys

import pytest

from tests.documents import loaded, run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def verdicts(folder, name):
    return {claim["label"]: claim["verdict"] for claim in loaded(folder / f"reports/out/{name}.json")["claims"]}


def test_the_starter_is_verified(folder, capsys):
    assert run("init", "starter_here.py") == 0
    out = capsys.readouterr().out
    assert "starter_here.py is written" in out
    command = out.splitlines()[1].split()
    assert command == ["manual-bp", "verify", "starter_here.py"]
    assert run(*command[1:]) == 0
    assert verdicts(folder, "starter_here") == {
        "layer_backward": "certified", "cross_entropy_gradient": "certified", "printed_db": "refuted",
    }
    assert [path.name for path in folder.iterdir() if path.is_file()] == ["starter_here.py"]


MISTAKES = {
    "dA * (1 - np.tanh(W @ X + b) ** 2)\n    return W.T": "dA * (1 - np.tanh(W @ X + b))\n    return W.T",
    "(P - Y) / Z.shape[1]": "(P - Y) / Z.shape[0]",
    "return dA * (1 - np.tanh(W @ X + b) ** 2)": "return (dA * (1 - np.tanh(W @ X + b) ** 2)).sum(1, keepdims=True)",
}
LABELS = {"layer_backward": "refuted", "cross_entropy_gradient": "refuted", "printed_db": "certified"}


def test_a_mistake_in_it_is_found(folder, capsys):
    assert run("init", "edited.py") == 0
    text = (folder / "edited.py").read_text()
    for right, wrong in MISTAKES.items():
        assert text.count(right) == 1, right
        text = text.replace(right, wrong)
    (folder / "edited.py").write_text(text)
    assert run("verify", "edited.py", "--examples", "40") == 1
    assert "0 of 3 statements hold; 3 not as expected" in capsys.readouterr().out
    assert verdicts(folder, "edited") == LABELS


def test_the_starter_explains_what_a_newcomer_needs(folder):
    run("init", "starter_here.py")
    text = (folder / "starter_here.py").read_text()
    assert len(text.splitlines()) < 50
    assert max(map(len, text.splitlines())) <= 120
    for word in (
        "The forward", "cotangents come first", "dimensions", "$$", "shapes=", "domains=", "wrt=", "plain NumPy",
        'expect="refuted"', "because=",
    ):
        assert word in text, word


REFUSED = {
    "exists": ("here.py", "here.py exists already"),
    "a link to nothing": ("dangling.py", "dangling.py exists already"),
    "folder": ("sub", "sub is a folder"),
    "folder named as a file": ("package.py", "package.py is a folder"),
    "no parent": ("nowhere/new.py", "there is no folder nowhere; make it first"),
    "parent is a file": ("here.py/new.py", "there is no folder here.py"),
    "text": ("new.txt", "new.txt is not named as a Python file"),
    "no suffix": ("new", "new is not named as a Python file"),
    "suffix alone": (".py", ".py is not named as a Python file"),
    "hides numpy": ("numpy.py", "numpy.py would hide the module 'numpy'"),
    "hides us": ("sub/verify.py", "verify.py would hide the module 'verify'"),
    "hides the standard library": ("random.py", "random.py would hide the module 'random'"),
    "too long": ("x" * 300 + ".py", "can't write xxx"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(folder, capsys, name):
    (folder / "here.py").write_text("mine")
    (folder / "sub").mkdir()
    (folder / "package.py").mkdir()
    (folder / "dangling.py").symlink_to("nothing")
    before = sorted(folder.rglob("*"))
    file, message = REFUSED[name]
    assert run("init", file) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("manual-bp: ")
    assert message in err
    assert sorted(folder.rglob("*")) == before
    assert (folder / "here.py").read_text() == "mine"


def test_a_folder_that_cannot_be_written(folder, capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert run("init", "new.py") == 2
    assert capsys.readouterr().err == "manual-bp: can't write new.py: No space left on device\n"
    assert not [*folder.iterdir()]


def test_a_name_that_cannot_be_imported_is_written_and_noted(folder, capsys):
    assert run("init", "layer norm.py") == 0
    out = capsys.readouterr().out
    assert "manual-bp verify 'layer norm.py'" in out
    assert "'layer norm' is not a Python name" in out
    assert run("verify", "layer norm.py", "--examples", "10", "--quiet") == 0


def test_a_neighbour_is_no_hidden_module(folder):
    (folder / "sub").mkdir()
    assert run("init", "mine.py") == 0
    assert run("init", "sub/mine.py") == 0


def test_usage(capsys):
    assert run("init") == 2
    assert run("init", "a.py", "b.py") == 2
    capsys.readouterr()
    assert run("init", "--help") == 0
    assert "a new Python file" in capsys.readouterr().out


def test_the_starter_is_clean_for_ruff(folder):
    assert run("init", "starter_here.py") == 0
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--line-length=120", "--select=E,F,I,W,UP,B"]
    checked = subprocess.run(
        [*ruff, "--ignore=F722", "starter_here.py"], capture_output=True, text=True, check=False, timeout=60
    )
    assert checked.returncode == 0, checked.stdout
