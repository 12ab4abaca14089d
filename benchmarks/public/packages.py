"""The two packages, installed in an environment of their own and checked there by `manual-bp verify`; the tables."""

import json
import os
import subprocess
import tempfile
import venv
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.tables import table
from verify.results import describe

ROOT = Path(__file__).parent.parent.parent
PACKAGES = {
    "nerva-numpy": ("1.0.0", "benchmarks.public.nerva"),
    "numpy-ml": ("0.1.2", "benchmarks.public.numpy_ml"),
}
VERDICTS = ("verified", "refuted")
UNEXPECTED, OK = 1, 0
WIDTH = 160

Claims = Sequence[Mapping[str, Any]]


def run(examples: int, seed: int, progress: Callable[[str, int], None]) -> dict[str, Claims]:
    """The claims' entries of the results file of each package.

    Raises RuntimeError with what was printed if a command fails.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "env", with_pip=True)
        python = str(folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python")
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        progress("installing", 0)
        _call([*install, "--editable", str(ROOT)])
        # Their own dependencies beyond NumPy and SciPy are for what is not checked: data sets, plots.
        _call([*install, "--no-deps", *(f"{package}=={version}" for package, (version, _) in PACKAGES.items())])
        found = {}
        for package, (_, document) in PACKAGES.items():
            progress(package, 0)
            file = folder / f"{package}.json"
            options = ["--json", str(file), "--html", str(folder / f"{package}.html"), "--quiet"]
            numbers = ["--examples", str(examples), "--seed", str(seed)]
            _call([python, "-m", "verify", "verify", document, *options, *numbers], allowed=(OK, UNEXPECTED))
            found[package] = json.loads(file.read_text())["claims"]
            progress(package, len(found[package]))
        return found


def report(found: Mapping[str, Claims]) -> str:
    """A table of the packages, then what was found wrong in each, then what is not as expected."""
    rows = []
    for package, claims in found.items():
        count = Counter(claim["verdict"] for claim in claims)
        counts = [len(claims), *(count[verdict] for verdict in VERDICTS), len(claims) - sum(count[v] for v in VERDICTS)]
        rows.append([package, PACKAGES[package][0], *map(str, counts)])
    parts = ["Gradients of public packages", table(["package", "version", "claims", *VERDICTS, "other"], rows)]
    everything = [(package, claim) for package, claims in found.items() for claim in claims]
    parts += [_finding(package, claim) for package, claim in everything if claim["verdict"] == "refuted"]
    surprises = [f"{p}, {c['label']}: {c['verdict']}; expected {c['expected']}" for p, c in everything if _surprises(c)]
    parts.append("\n".join(["Not as expected:", *surprises]) if surprises else "Every verdict is as expected.")
    return "\n\n".join(parts)


def _finding(package: str, claim: Mapping[str, Any]) -> str:
    """A refutation: what differs, where, the cause in the package if it is known, the smallest counterexample."""
    lines = [f"{package}, {claim['label']}: {claim['message']}"]
    for name, key in (("where", "localisation"), ("cause", "because")):
        lines += [f"  {name}: {claim[key]}"] if claim[key] else []
    if claim["counterexample"] is not None:
        lines += describe(claim["counterexample"], "    ").splitlines()
    return "\n".join(line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…" for line in lines)


def _surprises(claim: Mapping[str, Any]) -> bool:
    return claim["verdict"] != claim["expected"] and (claim["verdict"], claim["expected"]) != ("certified", "verified")


def _call(command: Sequence[str], allowed: Sequence[int] = (OK,)) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode not in allowed:
        raise RuntimeError(f"{' '.join(command)} failed with {done.returncode}:\n{done.stdout}{done.stderr}")
