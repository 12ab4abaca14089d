"""Documents: modules whose claims are checked. Found by file, module name or `module:label`."""

import contextlib
import hashlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from verify import claim as _claims
from verify.calls import callees, callees_first, name_callees
from verify.claim import Claim
from verify.outline import DocumentError, Outline
from verify.results import Result
from verify.settings import EXAMPLES, TRIALS, Settings
from verify.tags import code_files, transcriptions


@dataclass(frozen=True)
class Document:
    """A loaded document: its claims with callees first, and their labels in the document's own order.

    sha256 : a hash of their source and of that code
    declared : the number of rows that it declares, or None
    code : the files whose tagged lines transcribe its equations
    """

    title: str
    name: str
    claims: tuple[Claim, ...]
    labels: tuple[str, ...]
    sha256: str
    declared: int | None = None
    code: tuple[Path, ...] = ()

    def outline(self) -> Outline:
        """The document as plain data."""
        from verify.checking import blank

        timeouts = {claim.label: claim.timeout for claim in self.claims if claim.timeout is not None}
        by_label = {claim.label: blank(claim) for claim in self.claims}
        rows = tuple(by_label[label] for label in self.labels)
        tagged = transcriptions(self.code)
        for row in rows:
            row.transcribed = tagged.get(row.label, [])
        order = tuple(by_label)
        return Outline(self.title, self.name, self.sha256, self.declared, rows, order, timeouts, callees(self.claims))


def load(target: str) -> Document:
    """The document that a FILE, MODULE or MODULE:CLAIM names.

    Raises DocumentError if there is none, it fails to import, holds no claim, or two claims share a label.
    """
    place, _, label = target.partition(":") if not Path(target).exists() else (target, "", "")
    module = _from_file(Path(place)) if _looks_like_file(place) else _from_name(place)
    found = claims(module)
    if label:
        chosen = [claim for claim in found if claim.label == label]
        if not chosen:
            raise DocumentError(f"{place} has no claim {label!r}; it has {_listed(found)}")
        found = chosen
    return document(module, found, whole=not label)


def document(module: ModuleType, found: list[Claim], whole: bool = True) -> Document:
    """A document of a module's claims, or of some of them; raises DocumentError if two share a label."""
    seen: dict[str, Claim] = {}
    for claim in found:
        if claim.label in seen:
            raise DocumentError(
                f"two claims are labelled {claim.label!r}: lines {seen[claim.label].line} and {claim.line} of "
                f"{claim.file}; give one of them another label="
            )
        seen[claim.label] = claim
    for claim in found if whole else ():
        for other in (claim.corrected_by, *claim.uses):
            if other and other not in seen:
                raise DocumentError(f"{claim.label} refers to {other!r}, which is no claim of {module.__file__}")
    stem = getattr(module, "NAME", Path(str(module.__file__)).stem)
    title = (module.__doc__ or stem).strip().splitlines()[0].rstrip(".")
    declared = getattr(module, "ROWS", None) if whole else None
    files = {Path(claim.file): None for claim in found if Path(claim.file).is_file()}
    code = (*files, *code_files(getattr(module, "CODE", ()), str(module.__file__)))
    labels = tuple(claim.label for claim in found)
    return Document(title, stem, callees_first(found), labels, source_hash(code), declared, code)


def source_hash(files: Iterable[Path]) -> str:
    """A hash of files, in whichever order they are given."""
    hashed = hashlib.sha256()
    for file in sorted(files):
        hashed.update(file.read_bytes())
    return hashed.hexdigest()


def claims(module: ModuleType) -> list[Claim]:
    """A document's claims in order: those made in the module's own file, then those of the modules it lists.

    A module may list further documents in `DOCUMENTS`, names relative to its package such as ".section_2".
    """
    found = _claims.registered(str(module.__file__))
    for name in getattr(module, "DOCUMENTS", ()):
        try:
            full = importlib.util.resolve_name(name, module.__package__)
        except ImportError:
            raise DocumentError(
                f"{module.__file__} lists {name!r} in DOCUMENTS, relative to its package: name it as a module"
            ) from None
        found += claims(_import(full))
    return found


def check(
    target: Any, *, examples: int = EXAMPLES, seed: int = 0, exact: bool = True, trials: int = TRIALS,
    teeth: bool = False,
) -> Result | list[Result]:
    """The verdict on a function's latest claim, a claim, or all claims of a module.

    Parameters
    ----------
    target : a function that a constructor was applied to, a Claim, or a module (which gives a list of results)
    examples : how many inputs to try
    seed : determines the inputs
    exact : whether what is verified is tried in exact arithmetic too, to certify it
    trials : random points for a certificate, two beside each input: more of them try more shapes
    teeth : whether wrong versions of what holds are tried, to see that the check refutes them

    Raises
    ------
    ValueError
        If nothing is claimed of the function, or there are no trials.
    """
    from verify.checking import check_claim

    if trials < 1:
        raise ValueError(f"trials={trials}: expected at least 1, or exact=False")
    settings = Settings(examples, seed, exact=exact, trials=trials, teeth=teeth)
    if isinstance(target, ModuleType):
        found = callees_first(claims(target))
        wanted = {claim.label for claim in found}
    else:
        claim = target if isinstance(target, Claim) else _claims.latest(target)
        if claim is None:
            name = getattr(target, "__name__", target)
            raise ValueError(f"nothing is claimed of {name!r}; decorate it, as in @vjp(of=...)")
        found, wanted = _with_callees(claim), {claim.label}
    calls, judged = callees(found), dict[str, Result]()
    for claim in found:
        judged[claim.label] = check_claim(claim, settings)
        name_callees(judged[claim.label], calls[claim.label], judged)
    results = [judged[label] for label in judged if label in wanted]
    return results if isinstance(target, ModuleType) else results[0]


def _with_callees(claim: Claim) -> tuple[Claim, ...]:
    """A claim after those of its file whose functions it calls."""
    others = [other for other in _claims.registered(claim.file) if other.label != claim.label]
    together = [*others, claim]
    needed = {claim.label}
    for label in reversed([c.label for c in callees_first(together)]):
        if label in needed:
            needed.update(callees(together)[label])
    return tuple(c for c in callees_first(together) if c.label in needed)


def _looks_like_file(place: str) -> bool:
    return place.endswith(".py") or "/" in place or "\\" in place


def _from_name(name: str) -> ModuleType:
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        found = None
    if Path(name).is_dir() and (found is None or found.origin is None):
        raise DocumentError(f"{name} is a folder without a document of its own; name a file in it")
    if found is None:
        hint = f"; is it the file {name}.py?" if Path(f"{name}.py").exists() else ""
        raise DocumentError(f"no module named {name!r}{hint}")
    return _import(name)


def _import(name: str) -> ModuleType:
    with _importing(name):
        return importlib.import_module(name)


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise DocumentError(f"no file {path}" if not path.is_dir() else f"{path} is a folder; name a file in it")
    file = str(path.resolve())
    _claims.forget(file)
    name = path.stem if path.stem.isidentifier() and _is_free(path.stem, file) else f"document_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise DocumentError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    before = _claims.count()
    with _importing(str(path), file), _beside(path):
        spec.loader.exec_module(module)
    for claim in _claims.since(before):
        if not Path(claim.file).is_file():
            raise DocumentError(
                f"{path}: the claim {claim.label!r} is made by generated code ({claim.file}), which no document holds; "
                "make it in the file itself"
            )
    return module


def _is_free(name: str, file: str) -> bool:
    """Whether a module may be called that: no other one is, loaded or to be found."""
    if name in sys.modules:
        return getattr(sys.modules[name], "__file__", None) == file
    return importlib.util.find_spec(name) is None


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[None]:
    """A document may import its neighbours; its folder comes last, so that it shadows nothing of ours."""
    folder = str(path.resolve().parent)
    sys.path.append(folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


@contextlib.contextmanager
def _importing(what: str, file: str = "") -> Iterator[None]:
    """Imports run under float64, so that a module-level constant is not rounded to float32."""
    import jax

    try:
        with jax.enable_x64(True):
            yield
    except (KeyboardInterrupt, DocumentError):
        raise
    except SyntaxError as error:
        raise DocumentError(f"{what} has a syntax error in line {error.lineno}: {error.msg}") from None
    except BaseException as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if not file or f.filename == file]
        line = f" in line {frames[-1].lineno} ({frames[-1].line})" if file and frames else ""
        raise DocumentError(f"{what} can't be imported: {type(error).__name__}: {error}{line}") from None


def _listed(found: list[Claim]) -> str:
    return ", ".join(claim.label for claim in found) or "none"
