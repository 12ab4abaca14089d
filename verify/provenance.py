"""Where a results file comes from: versions, platform, seed, commit. The only part that may differ between two runs."""

import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from verify.outline import Outline
from verify.settings import Settings

PACKAGES = ("manual-bp", "numpy", "jax", "jaxlib", "hypothesis", "scipy", "python-flint")


def provenance(settings: Settings, outline: Outline, target: str, replayed: int, seconds: float) -> dict[str, Any]:
    """Versions, platform, seed, the working folder's commit, the document's hash, how much was replayed, the time.

    target : the document as the command line named it
    """
    versions, system, commit = surroundings(PACKAGES).values()
    return {
        "versions": versions,
        "platform": system,
        "seed": settings.seed,
        "examples": settings.examples,
        "trials": settings.trials if settings.exact else 0,
        "replayed": replayed,
        "commit": commit,
        "document_sha256": outline.sha256,
        "seconds": round(seconds, 2),
        "target": target,
    }


def surroundings(packages: Sequence[str]) -> dict[str, Any]:
    """The versions of Python and of these packages, the platform, the working folder's commit."""
    return {
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in packages}},
        "platform": platform.platform(),
        "commit": _commit(),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    try:
        out = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return out.stdout.strip() or None
