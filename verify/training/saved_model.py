"""A trained network as an NPZ file: its parameters, and all that it takes to go on training.

`W1`, `b1`, ... are the result, float64 or float32; `mu` and `sigma` the training set's statistics. `about` is JSON:
the format's version, the recipe, the data's name, content hash, features and classes, the records. The arrays of
`now_`, `best_` and `reference_` are those that `--resume` goes on from.
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from manual_bp.forward import predict
from manual_bp.normalization import Normalization
from manual_bp.notation import Layer
from verify.results import write_atomically
from verify.training.lockstep import Params, parameters
from verify.training.recipe import Recipe
from verify.training.running import Record, Run, State

FORMAT, KIND = 1, "manual-bp model"


class ModelError(ValueError):
    """A file that is no model of this version; the message says why."""


@dataclass(frozen=True)
class Source:
    """Where the data come from: what `load` was given, and what it found. `backward` names a backward pass of the
    user's."""

    source: str
    test: str | None
    label: str | None
    sha256: str
    features: tuple[str, ...]
    classes: tuple[str, ...]
    backward: str | None = None


@dataclass(frozen=True, eq=False)
class SavedModel:
    """A model that was read again.

    layers : the result
    why : why training ended
    state, records, seconds : what a `Run` goes on from
    lockstep : whether autodiff took the same steps
    """

    recipe: Recipe
    source: Source
    normalization: Normalization
    layers: tuple[Layer, ...]
    why: str
    state: State
    records: tuple[Record, ...]
    seconds: float
    lockstep: bool

    def predict(self, X: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[Any]]:
        """The outputs, shape (n[N], m), for features as they were before normalization, shape (n_x, m)."""
        return predict(self.normalization(X).astype(self.recipe.dtype), self.layers)


def save(path: Path, run: Run, source: Source) -> None:
    """Write a run's model, whole or not at all. Raises OSError."""
    state = run.state
    about = {
        "format": FORMAT, "kind": KIND, "recipe": asdict(run.recipe), "source": asdict(source), "why": run.why,
        "step": state.step, "random": state.random, "best_step": state.best_step, "best_loss": state.best_loss,
        "lockstep": state.lockstep, "in_lockstep": run.lockstep is not None, "seconds": run.seconds,
        "records": [asdict(record) for record in run.records],
    }
    arrays = {
        "about": np.array(json.dumps(about)),
        "mu": run.data.normalization.mu, "sigma": run.data.normalization.sigma,
        **_named("", parameters(run.layers)), **_named("now_", parameters(state.layers)),
        **_named("best_", parameters(state.best_layers)), **_named("reference_", state.reference or ()),
    }
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    write_atomically(path, content.getvalue())


def load(path: Path) -> SavedModel:
    """Read a model. Raises ModelError."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise ModelError(f"there is no model {path}") from None
    except OSError as error:
        raise ModelError(f"can't read the model {path}: {error.strerror or error}") from None
    except (ValueError, EOFError, zipfile.BadZipFile):
        raise ModelError(f"{path} is no model: it is no NPZ file of plain arrays, or a damaged one") from None
    try:
        about = json.loads(str(arrays["about"]))
        kind, version = about["kind"], about["format"]
    except (LookupError, TypeError, ValueError):
        kind = version = None
    if kind != KIND:
        raise ModelError(f"{path} is no model of manual-bp train")
    if version != FORMAT:
        raise ModelError(f"{path} has format {version!r}; this version reads {FORMAT}")
    try:
        return _model(about, arrays)
    except (LookupError, TypeError, ValueError) as error:
        raise ModelError(f"{path} is damaged: {error}") from None


def _model(about: Mapping[str, Any], arrays: Mapping[str, Any]) -> SavedModel:
    recipe = Recipe(**{name: _as_tuple(value) for name, value in about["recipe"].items()})
    source = Source(**{name: _as_tuple(value) for name, value in about["source"].items()})
    reference = _params("reference_", arrays, recipe) if "reference_W1" in arrays else None
    best = _layers("best_", arrays, recipe) if "best_W1" in arrays else ()
    state = State(
        about["step"], _layers("now_", arrays, recipe), about["random"], about["best_step"], about["best_loss"], best,
        reference, about["lockstep"],
    )
    return SavedModel(
        recipe, source, Normalization(arrays["mu"], arrays["sigma"]), _layers("", arrays, recipe), about["why"], state,
        tuple(Record(**record) for record in about["records"]), about["seconds"], about["in_lockstep"],
    )


def _named(prefix: str, params: Sequence[tuple[Any, Any]]) -> dict[str, Any]:
    """The arrays by name, each with its layer's number."""
    numbered = enumerate(params, start=1)
    return {f"{prefix}{name}{l}": x for l, pair in numbered for name, x in zip("Wb", pair, strict=True)}


def _params(prefix: str, arrays: Mapping[str, Any], recipe: Recipe) -> Params:
    return [(arrays[f"{prefix}W{l}"], arrays[f"{prefix}b{l}"]) for l in range(1, len(recipe.widths))]


def _layers(prefix: str, arrays: Mapping[str, Any], recipe: Recipe) -> tuple[Layer, ...]:
    pairs = zip(_params(prefix, arrays, recipe), recipe.activations, strict=True)
    return tuple(Layer(W, b, name) for (W, b), name in pairs)  # type: ignore[arg-type]


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
