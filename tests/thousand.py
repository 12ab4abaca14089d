"""A results file of 1,000 claims of all verdicts and kinds, hostile texts among them, made without running anything.

`python -m tests.thousand FILE` writes it and tells how long `manual-bp report FILE` takes.
"""

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from verify.claim import COMPARED
from verify.results import Output, Result, dump, encode

KINDS = ("vjp", "gradient", "derivative", "jvp", "identity", "statistic", "measurement", "runs")
VERDICTS = ("verified",) * 12 + ("certified", "refuted", "refuted", "vacuous", "inconclusive", "error")
HOSTILE = (
    "</pre></style><script>alert(1)</script>", "]]> <![CDATA[ & &amp; <!-- --> <?xml?>", "\x00\x07\x1b[31m\x7f\x85\ufffe\ud800",
    "{{ 7*7 }} {% raw %}", "$x$ `y` *z* [l](u) |a|b| @me #1\r\n::error::no", "\u202egnirts", "∂L/∂W é 漢字 🙂", "w" * 100_000,
    "line\n" * 50,
)
EQUATION = r"dW^{[l]} = \frac{1}{m} dZ^{[l]} A^{[l-1]T}"
CODE = "def backward(dY, X, W):\n    dW = dY @ X.T / X.shape[1]  # (4.5)\n    return W.T @ dY, dW\n"


def thousand(seed=0, count=1000):
    """The content of such a file."""
    rng = random.Random(seed)
    claims = [_claim(rng, k) for k in range(count)]
    unexpected = sum(not claim.as_expected for claim in claims)
    return {
        "format": 1, "document": "A thousand claims", "conclusion": f"{unexpected} not as expected.", "passes": False,
        "provenance": {
            "versions": {"python": "3.11.0", "manual-bp": "0.1.0", "numpy": "2.0.0", "jax": "0.10.0", "scipy": None},
            "platform": "nowhere", "seed": seed, "examples": 200, "trials": 4, "replayed": 0, "commit": None,
            "document_sha256": "0" * 64, "seconds": 100.0, "target": "thousand.py",
        },
        "claims": [claim.to_json() for claim in claims],
    }


def _claim(rng, k):
    """One row; every 25th holds a hostile text in each of its texts."""
    text = HOSTILE[k // 25 % len(HOSTILE)] if k % 25 == 0 else ""
    kind = ("definition", "missing")[k % 2] if k % 20 == 19 else KINDS[k % len(KINDS)]
    verdict = kind if kind in ("definition", "missing") else rng.choice(VERDICTS)
    verdict = "verified" if verdict == "certified" and kind not in COMPARED else verdict
    expected = verdict if verdict in ("refuted", "definition", "missing") and k % 7 else "verified"
    result = Result(
        label=f"{k // 100}.{k}{text[:2000]}", name=f"claim_{k}{text}", section=f"{k // 100} Section{text[:200]}", kind=kind,
        equation=text or EQUATION, dimensions={"X": "n m", f"W{text[:50]}": "k n"}, code=text or CODE,
        source={"file": f"paper{text[:50]}.py", "line": k + 1}, expected=expected, verdict=verdict,
        because=text or f"E{k}: the factor 1/m is missing" if expected == "refuted" else text,
        message=text or "200 examples over 8 shapes agree", uses=[f"{k // 100}.{max(0, k - 1)}", text or "elsewhere"],
        notes=[text] if text else [], reproduce=f"reports/out/counterexamples/{k}.py" if verdict == "refuted" else "",
        seconds=rng.random(),
    )
    if verdict not in ("definition", "missing", "error"):
        result.outputs = [_output(rng, name, verdict) for name in ("dX", f"dW{text[:50]}")]
        result.shapes = [{"inputs": {"X": [n, 3]}, "examples": 10, "refuted": 0} for n in range(1, 9)]
        result.examples = {"tried": 200, "agreed": 200, "inconclusive": 0, "at_kinks": 3, "refuted": 0}
        result.proved_dimensions = ["n", "m"]
        result.branches = [{"line": k + 1, "code": text or "X > 0", "kind": "where", "taken": {"true": 9, "false": 0}}]
    if kind in COMPARED and verdict in ("certified", "verified"):
        result.certificate = _certificate(rng, text, verdict == "certified")
    if verdict in ("verified", "refuted", "inconclusive") and k % 3 == 0:
        result.arbiter = text or "autodiff is off by 2e-07 here; the hand-derived formula is right (dX[0], exactly 0.5)"
    if verdict == "refuted":
        result.counterexample = result.pinned = _counterexample(text, k)
        result.located = [
            {"output": "dX", "entries": "all entries", "patterns": [text or "a factor of 1/m"], "repair": "agrees after"}
        ]
        result.localisation = text or "dX: a factor of 1/m"
    if verdict == "inconclusive":
        result.inconclusive = {"inputs": {"X": encode(np.full((2, 2), np.inf))}, "why": text or "the reference is NaN"}
    if kind in ("statistic", "measurement") and verdict != "error":
        found, stated = encode(np.array([1.0, np.nan])), encode(np.array([1.0, 2.0]))
        result.numbers = [{"inputs": {"k": n}, "found": found, "stated": stated, "within": 1e-9} for n in range(15)]
    return result


def _certificate(rng, text, certified):
    if not certified:
        return {"certified": False, "why": text or "no exact form: conversion to a Python float"}
    return {
        "certified": True, "why": "", "trials": 4, "log2_miss": -100 * rng.random(), "primes": [2**61 - 1] * 4,
        "shapes": [{"X": [n, 3], f"W{text[:50]}": [2, n]} for n in (1, 2)], "regions": rng.randint(1, 4), "comparisons": 6,
        "opaque": rng.choice(([], [text or "erf", "digamma"])),
    }


def _output(rng, name, verdict):
    worst = rng.choice((3.5, 1e9, float("inf"))) if verdict == "refuted" else rng.choice((0.0, 0.3 * rng.random(), None))
    return Output(name, "(n m)", worst, [rng.randrange(1000) for _ in range(8)], False, 1e-15)


def _counterexample(text, k):
    shape = (2, 3) if k % 3 else (9, 9)
    mine, right = np.arange(float(np.prod(shape))).reshape(shape), np.ones(shape)
    return {
        "inputs": {"X": encode(right), f"mode{text[:50]}": text or "mean", "layers": [{"W": encode(mine), "b": None}]},
        "cause": "value", "message": text or "dX: it differs; dX[0] is 0 by hand, 1 by autodiff", "output": "dX",
        "outputs": [
            {"name": "dX", "by_hand": encode(mine), "autodiff": encode(right)},
            {"name": f"dW{text[:50]}", "by_hand": None, "autodiff": encode(right)},
        ],
    }


def write(path, **options):
    """Write such a file."""
    path.write_text(dump(thousand(**options)), encoding="utf-8", errors="backslashreplace")
    return path


if __name__ == "__main__":
    file = write(Path(sys.argv[1]))
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "verify", "report", str(file)], stdout=subprocess.DEVNULL, check=False)
    sys.stdout.write(f"{time.perf_counter() - started:.2f} s\n")
