"""The reports that are opened: made by the command line from real documents, and two from results full of hostile text."""

import contextlib
import re
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import numpy as np

from reports.html import render, render_many
from reports.training import render_training
from tests.documents import loaded, run, write
from tests.trained import NO_MASK, blobs

README = Path(__file__).parents[2] / "README.md"
HOSTILE = (
    "</pre></style></title><script>alert(1)</script><img src=https://example.invalid/x onerror=alert(1)>"
    "<svg onload=alert(1)> ]]> --> \" ' & &lt; {{ 7*7 }} \x00\x1b[31m\u202e\u2028" + "unbroken" * 20
)
CHOSEN = {"kind", "expected", "verdict", "bound", "cause", "dtype", "data", "worst", "relative_bound", "provenance"}
OF_TRAINING = {"kind", "dtype", "why", "what", "parameter", "data_sha256"}
NAMED = {"inputs", "dimensions", "taken"}  # by the document's own names
REFUTED = """
gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='good', equation=r'dx = \\frac{2x}{1}')(lambda x: 2 * x)
gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='bad', equation='dx = x', uses=('good',))(lambda x: x)
gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='known', expect='refuted', because='the 2 is lost',
         corrected_by='good', counterexample={'x': [1.0, 0.0, 3.0]})(lambda x: x)
gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='shape')(lambda x: x[:-1])
gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='same', domains={'x': [0.0]})(lambda x: 2 * x)
gradient(of=lambda x: jnp.sum(jnp.sqrt(x)), shapes={'x': 'n'}, domains={'x': verify.between(-2, -1)}, label='nan')(
    lambda x: 1 / (2 * np.sqrt(x)))
verify.definition(label='size', equation=r'n \\in \\mathbb{N}')
verify.missing(label='rest', because='not written down')

def layer(W, X, b):
    return jnp.maximum(W @ X + b, 0)

@vjp(of=layer, label='layer', equation=r'dW = dZ X^T')
def layer_backward(dA: Float[np.ndarray, "n m"], W: Float[np.ndarray, "n k"], X: Float[np.ndarray, "k m"], b: Float[np.ndarray, "n 1"]):
    dZ = dA * (W @ X + b > 0)
    return dZ @ X.T / dA.shape[1], W.T @ dZ, dZ.sum(1, keepdims=True)

@gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='raises')
def raises(x):
    raise ValueError('<script>alert(1)</script> ]]> ' + 'much to say, ' * 8000)
"""


def readme(folder: Path) -> Path:
    """The README's example: one row, verified."""
    (folder / "layer_norm.py").write_text(re.findall(r"```python\n(.*?)```", README.read_text(), re.S)[0])
    return _made(folder, "layer_norm.py", "--examples", "30")


def refuted(folder: Path) -> Path:
    """Rows of every verdict, most of them unexpected, with counterexamples."""
    write(folder, REFUTED)
    return _made(folder, "document.py", "--examples", "12")


def hostile(folder: Path) -> Path:
    """The same, but every text that comes from a document is an attack, and some are very long."""
    results = loaded(refuted(folder).with_suffix(".json"))
    results = _attacked(results)
    results["claims"][0]["message"] += HOSTILE * 400
    results["claims"][-1]["code"] += "\n".join([HOSTILE] * 400)
    page = folder / "hostile.html"
    page.write_text(render(results), encoding="utf-8")
    return page


def index(folder: Path) -> Path:
    """Two documents of one title on one page."""
    results = loaded(refuted(folder).with_suffix(".json"))
    page = folder / "index.html"
    page.write_text(render_many([results, results]), encoding="utf-8")
    return page


def notes(folder: Path) -> Path:
    """A section of the notes; CI opens the whole report, as it comes from the gate."""
    return _made(folder, "verify.notes.ledger", "--select", "4.*", "--examples", "3")


def training(folder: Path) -> Path:
    """A training in step with autodiff, with a validation set, which ends early."""
    return _trained(folder, "--validation", "0.2", "--patience", "5", "--epochs", "60", "--rate", "1")


def training_parted(folder: Path) -> Path:
    """One with dropout that parts at its first step, in mini-batches."""
    (folder / "no_mask.py").write_text(NO_MASK)
    return _trained(folder, "--keep", "0.5", "--backward", "no_mask.py:backward", "--batch", "16", "--epochs", "9")


def training_hostile(folder: Path) -> Path:
    """The same, but every text is an attack."""
    page = training_parted(folder)
    results = _attacked(loaded(page.with_suffix(".json")), chosen=OF_TRAINING)
    page.write_text(render_training(results), encoding="utf-8")
    return page


REPORTS = {
    "readme": readme, "refuted": refuted, "hostile": hostile, "index": index, "notes": notes, "training": training,
    "training_parted": training_parted, "training_hostile": training_hostile,
}


def _made(folder: Path, document: str, *options: str) -> Path:
    page = folder / "report.html"
    with contextlib.chdir(folder):
        run("verify", document, *options, "--quiet", "--html", page.name, "--json", page.with_suffix(".json").name)
    return page


def _trained(folder: Path, *options: str) -> Path:
    page = folder / "training.html"
    X, labels = blobs()
    X[:, 1] = 2.5
    np.savez(folder / "blobs.npz", X=X, y=labels)
    with contextlib.chdir(folder):
        run("train", "blobs.npz", "--layers", "4", *options, "--quiet", "--html", page.name, "--json", "training.json",
            "--model", "model.npz")
    return page


def _attacked(value: Any, key: str = "", chosen: AbstractSet[str] = CHOSEN) -> Any:
    """Every text with something hostile before it, the same everywhere, so that references stay what they are."""
    if isinstance(value, dict):
        names = {k: HOSTILE + k if key in NAMED else k for k in value}
        return {names[k]: v if k in chosen else _attacked(v, k, chosen) for k, v in value.items()}
    if isinstance(value, list):
        return [_attacked(v, "", chosen) for v in value]
    return HOSTILE + value if isinstance(value, str) and value else value
