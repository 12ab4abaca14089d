"""A training results file as one self-contained HTML page."""

from reports.rendering import rendered
from reports.training.view import Results, view

STYLES = ("style.css", "drawings.css", "training.css")


def render_training(results: Results) -> str:
    """The page for a training results file's content (format 1); the same content gives the same bytes."""
    title = f"{results['document']}: {results['conclusion']}"
    return rendered("training.html.j2", styles=STYLES, title=title, v=view(results))
