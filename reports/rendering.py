"""Templates to pages: one environment for all of them."""

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.arrays import array_text
from reports.compact import compact
from reports.errata import aligned, sentence, undecorated
from reports.mathematics import visible

NARROW = 20  # characters
_TAG = re.compile(r"<[^>]*>")


def rendered(template: str, **values: Any) -> str:
    """The page that a template makes of some values."""
    environment = Environment(
        loader=PackageLoader("reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        array=array_text, sentence=sentence, aligned=aligned, undecorated=undecorated, visible=visible,
        reachable=_reachable,
    )
    return compact(environment.get_template(template).render(**values).lstrip())


def _reachable(formula: Markup) -> Markup:
    """The formula; the keyboard reaches one that may need scrolling in a narrow window."""
    wide = len(_TAG.sub("", formula)) > NARROW
    return Markup(str(formula).replace("<math", '<math tabindex="0"', 1)) if wide else formula
