"""Headless Chromium: found, started, and ended together with this process.

It is spoken to through pipes, `--remote-debugging-pipe`, rather than through a port: that needs no further package, and
Chromium ends by itself as soon as the other end is gone, however that came about.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.browser.devtools import DevTools, Gone

NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-breakpad",
    "--disable-crash-reporter", "--disable-extensions", "--hide-scrollbars", "--mute-audio",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # not even a planted request leaves the machine
    "--remote-debugging-pipe",
)
# Chromium reads descriptor 3 and writes descriptor 4. A fork with Python code before its exec is no option beside JAX.
LAUNCHER = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"


def find() -> str | None:
    """The path of a Chromium, `CHROMIUM` in the environment first; None if there is none."""
    if os.name != "posix":
        return None
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def chromium(path: str, tries: int = 3) -> Iterator[DevTools]:
    """A running browser with a profile of its own, tried again if it does not answer."""
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        for left in reversed(range(tries)):
            process, devtools = _start(path, f"{profile}/{left}")
            try:
                devtools.answer(devtools.begin("Browser.getVersion"), patience=30)
                break
            except Gone as gone:
                _stop(process, devtools)
                if not left:
                    raise Gone(f"{path} does not answer as a Chromium does: {gone}") from None
        try:
            yield devtools
        finally:
            _stop(process, devtools)


def _start(path: str, profile: str) -> tuple[subprocess.Popen[bytes], DevTools]:
    reads, commands = _pipe()
    answers, writes = _pipe()
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", LAUNCHER, str(reads), str(writes), path, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        pass_fds=(reads, writes), start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(reads)
    os.close(writes)
    return process, DevTools(reading=answers, writing=commands)


def _pipe() -> tuple[int, int]:
    """The reading and the writing end, both out of the way of 3 and 4."""
    low = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low]
    for end in low:
        os.close(end)
    return high[0], high[1]


def _stop(process: subprocess.Popen[bytes], devtools: DevTools) -> None:
    with suppress(Gone, OSError):
        devtools.answer(devtools.begin("Browser.close"), patience=10)
    devtools.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with suppress(ProcessLookupError, PermissionError):  # until nothing is left of its group
        for _ in range(20):
            os.killpg(process.pid, signal.SIGKILL)
            process.poll()
            time.sleep(0.02)
    process.wait(10)
