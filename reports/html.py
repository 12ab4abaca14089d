"""Results files as one self-contained HTML page: no script, no network, light and dark, printable."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from reports.drawings import histogram_legend
from reports.fonts import font_css
from reports.formulas import LEGEND
from reports.rendering import rendered
from reports.views import view

Results = dict[str, Any]
STYLES = ("style.css", "drawings.css")


def render(results: Results) -> str:
    """The page for a results file's content (format 1)."""
    return _page([view(results)], f"{results['document']}: {results['conclusion']}")


def render_many(documents: Sequence[Results]) -> str:
    """One page for several results files, with an index on top."""
    if len(documents) == 1:
        return render(documents[0])
    views = [view(results, f"d{k}-") for k, results in enumerate(documents, 1)]
    passing = sum(one.passes for one in views)
    return _page(views, f"{len(views)} documents, {passing} of them as expected")


def _page(views: Sequence[Any], title: str) -> str:
    formulas = "".join(card.equation + (card.formula or "") for one in views for card in one.cards.values())
    return rendered(
        "page.html.j2", styles=STYLES, views=views, title=title, font=Markup(font_css(formulas)), legend=LEGEND,
        histogram_legend=histogram_legend(),
    )
