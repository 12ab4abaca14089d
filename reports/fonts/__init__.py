"""The mathematics font of the reports, within the page: a data URI, since a report reads nothing from elsewhere."""

from base64 import b64encode
from importlib.resources import files

FAMILY = "Report Math"
_RULES = f"""\
math {{ font-family: "{FAMILY}", math, serif; }}
/* Formulas of code: the lines of one, its cases. */
.mf > mtr > mtd, .mc > mtr > mtd {{ text-align: left; justify-items: start; }}
.mf > mtr > mtd + mtd {{ padding-left: 0; }}
.mf > mtr > mtd:first-child {{ text-align: right; justify-items: end; padding-right: 0; }}
/* Chromium sets an accent right on its letter. */
@supports (-webkit-box-reflect: below) {{ mover[accent="true"] > mo {{ padding-bottom: 0.07em; }} }}
"""


def font_css() -> str:
    """CSS by which `<math>` is set in the report's font; operators stretch by its MATH table."""
    data = b64encode(files(__package__).joinpath("report-math.woff2").read_bytes()).decode("ascii")
    face = f'@font-face {{ font-family: "{FAMILY}"; src: url("data:font/woff2;base64,{data}") format("woff2"); }}\n'
    return face + _RULES
