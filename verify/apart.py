"""A document loaded apart from the process it is loaded in: what its import leaves behind is removed.

In a test run the same file, or another one of the same name, may be imported by tests too, with float32 constants and
rewritten assertions. Theirs and the document's are two modules, and neither sees the other's claims.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from verify import claim, documents
from verify.documents import Document


def load(target: str) -> Document:
    """The document in a file, as `documents.load` gives it, with `sys.modules` and the list of claims as before.

    Modules that others can import too, such as NumPy, stay; neighbours that only the document finds are removed.
    """
    path = Path(target).resolve()
    modules, claims = dict(sys.modules), claim.since(0)
    try:
        return documents.load(target)
    finally:
        own = {path.stem, f"document_{path.stem}"}
        for name in own:
            if getattr(sys.modules.get(name), "__file__", None) == str(path):
                _restore(name, modules.get(name))
        new = {name.partition(".")[0] for name in sys.modules.keys() - modules.keys()} - own
        neighbours = [name for name in new if _lies_in(path.parent, sys.modules.get(name))]
        for file in {str(path)}.union(*map(_remove, neighbours)):
            claim.restore(file, [made for made in claims if made.file == file])


def _restore(name: str, module: ModuleType | None) -> None:
    if module is not None:
        sys.modules[name] = module
    else:
        sys.modules.pop(name, None)


def _lies_in(folder: Path, module: ModuleType | None) -> bool:
    """Whether a top-level module or package lies in that very folder."""
    if module is None or getattr(module, "__spec__", None) is None:
        return False
    places = getattr(module, "__path__", None) or [getattr(module, "__file__", None)]
    return any(Path(place).resolve().parent == folder for place in places if place)


def _remove(top: str) -> set[str]:
    """Remove a module and those below it, unless it can be found without the document; the files removed."""
    removed = {name: sys.modules.pop(name) for name in [*sys.modules] if f"{name}.".startswith(f"{top}.")}
    if importlib.util.find_spec(top) is not None:
        sys.modules.update(removed)
        return set()
    return {str(module.__file__) for module in removed.values() if getattr(module, "__file__", None)}
