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


def _wide(formula: Markup) -> bool:
    """Whether a formula may need scrolling in a narrow window, so that the keyboard must reach it."""
    return len(_TAG.sub("", formula.partition("<annotation")[0])) > NARROW


def _page(views: Sequence[Any], title: str) -> str:
    environment = Environment(
        loader=PackageLoader("reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["wide"] = _wide
    environment.filters.update(
        array=array_text, sentence=sentence, aligned=aligned, undecorated=undecorated, visible=visible
    )
    page = environment.get_template("page.html.j2")
    text = page.render(
        views=views, title=title, font=Markup(font_css()), legend=LEGEND, histogram_legend=histogram_legend()
    )
    return compact(text.lstrip())
