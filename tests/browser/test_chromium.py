"""The browser that the other tests use: it comes up, also at the second try, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.browser.chromium import chromium, find
from tests.browser.devtools import Gone, Refused

pytestmark = pytest.mark.usefixtures("devtools")  # where there is no browser, these too are skipped

KILLED = """
import os, signal, sys
from tests.browser.chromium import chromium, find
with chromium(find()) as devtools:
    print(devtools.send("Browser.getVersion")["product"], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def processes(folder, patience=0):
    """How many processes have been told of a folder, once there are none or patience, in seconds, has run out."""
    def told(process):
        try:
            return str(folder).encode() in (process / "cmdline").read_bytes()
        except OSError:  # it has just ended
            return False

    until = time.monotonic() + patience
    while (found := sum(map(told, Path("/proc").glob("[0-9]*")))) and time.monotonic() < until:
        time.sleep(0.1)
    return found


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with chromium(find()) as devtools:
        assert devtools.send("Browser.getVersion")["product"]
        assert processes(tmp_path) > 0
    assert processes(tmp_path, patience=10) == 0
    assert list(tmp_path.iterdir()) == []


def test_it_ends_when_its_user_is_killed():
    with tempfile.TemporaryDirectory() as folder:  # a short name: Chromium puts a socket there
        killed = subprocess.run(
            [sys.executable, "-c", KILLED], env=os.environ | {"TMPDIR": folder}, capture_output=True, timeout=120,
            cwd=Path(__file__).parents[2],
        )
        assert killed.returncode == -signal.SIGKILL
        assert killed.stdout
        assert processes(Path(folder), patience=30) == 0


def test_it_is_started_again(tmp_path):
    first, script = tmp_path / "first", tmp_path / "chromium"
    script.write_text(f'#!/bin/sh\n[ -e {first} ] || {{ touch {first}; exit 1; }}\nexec {find()} "$@"\n')
    script.chmod(0o755)
    with chromium(str(script)) as devtools:
        assert devtools.send("Browser.getVersion")["product"]
    assert first.exists()


@pytest.mark.parametrize("path", ["/bin/false", "/not/there"])
def test_another_program_is_named(path):
    with pytest.raises(Gone, match=path), chromium(path):
        pass


def test_a_file_that_is_not_there_is_no_page(tab, tmp_path):
    with pytest.raises(Refused, match=r"missing\.html: net::ERR_FILE_NOT_FOUND"):
        tab(tmp_path / "missing.html").open()
