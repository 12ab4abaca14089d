"""Who imports whom, seen from a fresh interpreter and from the source: each side of the comparison stands alone."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import manual_bp
import verify

ROOT = Path(manual_bp.__file__).parents[1]
HEAVY = ("jax", "jaxlib", "scipy", "hypothesis", "rich", "verify", "numpy", "manual_bp", "jinja2", "reports")


def imported(statement: str, *also: Path) -> set[str]:
    """The packages of HEAVY that are in `sys.modules` after a statement, in a fresh interpreter."""
    report = f"import sys; print(*({{name.partition('.')[0] for name in sys.modules}} & set({HEAVY!r})), file=sys.stderr)"
    path = f"import sys; sys.path[:0] = {[str(ROOT), *map(str, also)]!r}"
    program = f"{path}\ntry:\n    {statement}\nexcept SystemExit:\n    pass\n{report}"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    return set(run.stderr.split())


HELP = "import runpy; sys.argv = ['verify', {0!r}]; runpy.run_module('verify', run_name='__main__')"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("import manual_bp", {"manual_bp", "numpy"}),
        ("import manual_bp.training, manual_bp.penalties; manual_bp.activation('tanh')", {"manual_bp", "numpy"}),
        ("import verify", {"verify"}),
        ("import verify.cli", {"verify"}),
        (HELP.format("--help"), {"verify"}),
        ("import sys, runpy; sys.argv = ['verify', 'verify', '--help']; runpy.run_module('verify', run_name='__main__')",
         {"verify"}),
        ("import sys, runpy; sys.argv = ['verify', 'errata', '--help']; runpy.run_module('verify', run_name='__main__')",
         {"verify"}),
        ("import sys, runpy; sys.argv = ['verify', 'train', '--help']; runpy.run_module('verify', run_name='__main__')",
         {"verify"}),
    ],
    ids=[
        "manual_bp", "manual_bp, all of it", "verify", "verify.cli", "--help", "verify --help", "errata --help",
        "train --help",
    ],
)
def test_an_import_brings_nothing_else(statement, expected):
    assert imported(statement) == expected


def test_the_twin_brings_no_hand_derived_code():
    brought = imported("import verify.notes.twin")
    assert "jax" in brought
    assert "manual_bp" not in brought


@pytest.mark.parametrize("heavy", ["jax", "scipy", "hypothesis", "rich", "verify", "numpy"])
def test_the_probe_reports_what_a_module_imports(tmp_path, heavy):
    """Also when the import hides in a function that is called."""
    (tmp_path / "outer.py").write_text(f"def run():\n    import {heavy}\n")
    assert heavy not in imported("import outer", tmp_path)
    assert heavy in imported("import outer; outer.run()", tmp_path)


def test_the_probe_reports_a_failing_import():
    with pytest.raises(AssertionError, match="ModuleNotFoundError"):
        imported("import no_such_module_anywhere")


# -- the same from the source: imports inside functions too ------------------------------------------------------------


def names(path: Path, package: str) -> set[str]:
    """Every module that a file imports, wherever the statement stands; relative names are made absolute."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return found


def file_of(module: str, root: Path) -> Path | None:
    path = root.joinpath(*module.split("."))
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)


def graph(module: str, root: Path = ROOT) -> set[str]:
    """All modules that a module imports, directly or through modules of the same root."""
    seen: set[str] = set()
    waiting = {module}
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        parent = name.rpartition(".")[0]
        if parent:
            waiting.add(parent)
        path = file_of(name, root)
        if path is not None:
            waiting |= names(path, name if path.name == "__init__.py" else parent)
    return seen


def tops(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_no_module_of_manual_bp_imports_more_than_numpy():
    files = sorted((ROOT / "manual_bp").glob("**/*.py"))
    assert len(files) >= 15
    for path in files:
        allowed = {"manual_bp", "numpy", "jaxtyping"} | set(sys.stdlib_module_names)
        assert tops(names(path, "manual_bp")) <= allowed, path.name


def test_the_twins_import_graph_has_no_manual_bp():
    reached = graph("verify.notes.twin")
    assert {"jax", "jax.numpy", "verify.notes.twin"} <= reached
    assert "manual_bp" not in tops(reached)
    assert "verify.notes.by_hand" not in reached


def test_the_graph_finds_what_is_there():
    """The ledger's own modules do reach the hand-derived side, through two steps and by relative imports."""
    assert "manual_bp" in tops(graph("verify.notes.section_4"))
    assert "manual_bp" in tops(graph("verify.notes.by_hand"))


def test_the_graph_follows_hidden_and_relative_imports(tmp_path):
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("def f():\n    from . import b\n")
    (package / "b.py").write_text("from .c import value\n")
    (package / "c.py").write_text("if False:\n    import manual_bp.losses\nvalue = 1\n")
    assert "manual_bp" in tops(graph("pack.a", tmp_path))
    (package / "c.py").write_text("value = 1\n")
    assert "manual_bp" not in tops(graph("pack.a", tmp_path))


def test_verify_names_are_all_found_when_asked_for():
    """The package is lazy: each name of `__all__` resolves, another is an AttributeError."""
    assert all(getattr(verify, name) is not None for name in verify.__all__)
    assert sorted(dir(verify)) == sorted(verify.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = verify.nothing
