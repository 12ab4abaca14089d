"""Results files as one self-contained HTML page: no script, no network, light and dark, printable."""

import re
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.arrays import array_text
from reports.compact import compact
from reports.drawings import histogram_legend
from reports.errata import aligned, sentence, undecorated
from reports.fonts import font_css
from reports.formulas import LEGEND
from reports.mathematics import visible
from reports.views import view

Results = dict[str, Any]
NARROW = 20  # characters
_TAG = re.compile(r"<[^>]*>")


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


def _reachable(formula: Markup) -> Markup:
    """The formula; the keyboard reaches one that may need scrolling in a narrow window."""
    wide = len(_TAG.sub("", formula)) > NARROW
    return Markup(str(formula).replace("<math", '<math tabindex="0"', 1)) if wide else formula


def _page(views: Sequence[Any], title: str) -> str:
    environment = Environment(
        loader=PackageLoader("reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        array=array_text, sentence=sentence, aligned=aligned, undecorated=undecorated, visible=visible,
        reachable=_reachable,
    )
    formulas = "".join(card.equation + (card.formula or "") for one in views for card in one.cards.values())
    text = environment.get_template("page.html.j2").render(
        views=views, title=title, font=Markup(font_css(formulas)), legend=LEGEND, histogram_legend=histogram_legend()
    )
    return compact(text.lstrip())
