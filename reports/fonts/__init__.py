"""The mathematics font of the reports, within the page: a data URI, since a report reads nothing from elsewhere."""

import re
from base64 import b64encode
from importlib.resources import files

FAMILY = "Report Math"
# Accented letters; bold, bold italic, script and double-struck ones; bold Greek and digits.
_RARE = (
    "U+C0-D6", "U+D8-F6", "U+F8-FF", "U+1D400-1D433", "U+1D468-1D551", "U+1D6A8-1D6E1", "U+1D71C-1D755", "U+1D7CE-1D7D9"
)
# Those of most formulas: what keyboards have, and Greek letters, as they are and slanted as letters of formulas are.
_COMMON = frozenset(
    "".join(map(chr, (*range(0x20, 0x7F), *range(0x1D434, 0x1D468), *range(0x3B1, 0x3CA), *range(0x1D6FC, 0x1D717))))
    + "\xa0\u2061\u2062\u2063\u2064·×±¯ˆ’“”…′‖ℎϵϕ𝜙ΔΣΩ𝛥𝛴𝛺𝛻ℝ→⟺∂∇∈∋∏∑−∗√∞∼≈≔≠≤≥⊗⊙⋅⌈⌉"
)
_RULES = f"""\
math {{ font-family: "{FAMILY}", math, serif; }}
/* Formulas of code: the lines of one, its cases. */
.mf {{ math-style: normal; }}
.mf > mtr > mtd, .mc > mtr > mtd {{ text-align: left; justify-items: start; }}
.mf > mtr > mtd + mtd {{ padding-left: 0; }}
.mf > mtr > mtd:first-child {{ text-align: right; justify-items: end; padding-right: 0; }}
/* Chromium sets an accent right on its letter. */
@supports (-webkit-box-reflect: below) {{ mover[accent="true"] > mo {{ padding-bottom: 0.07em; }} }}
"""


def is_rare(character: str) -> bool:
    """Whether the character stands in the second file, of those that few formulas have."""
    ranges = (re.findall("[0-9A-F]+", text[2:]) for text in _RARE)
    return any(int(first, 16) <= ord(character) <= int(last, 16) for first, last in ranges)


def is_common(character: str) -> bool:
    """Whether the character stands in the smallest file, which is enough for most documents."""
    return character in _COMMON


def font_css(formulas: str) -> str:
    """CSS by which `<math>` is set in the report's font, with what `formulas` needs; operators stretch by its MATH
    table."""
    rare = set(filter(is_rare, set(formulas)))
    common = all(map(is_common, set(formulas) - rare))
    faces = [_face("report-math-common.woff2" if common else "report-math.woff2", "")]
    if rare:
        faces.append(_face("report-math-rare.woff2", f" unicode-range: {', '.join(_RARE)};"))
    return "".join(faces) + _RULES


def _face(file: str, more: str) -> str:
    data = b64encode(files(__package__).joinpath(file).read_bytes()).decode("ascii")
    source = f'url("data:font/woff2;base64,{data}") format("woff2")'
    return f'@font-face {{ font-family: "{FAMILY}"; src: {source};{more} }}\n'
