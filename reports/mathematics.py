"""A claim's equation, LaTeX as researchers write it, as MathML that browsers render without any script."""

import re

from markupsafe import Markup
from math_core import LatexError, LatexToMathML

from reports.mathml import NotShown, checked

LONGEST = 5000  # characters of an equation
DEEPEST = 100  # groups in groups, and commands in a row: the converter descends on the machine's stack
_CONVERTER = LatexToMathML(fancy_error=False, max_expansions=50)

_NUMBERED = re.compile(r"\\(begin|end)\{(equation|align|gather|multline|flalign|alignat)\}")
_OUTER = re.compile(r"(?s)\A(?:\$\$(.*)\$\$|\$(.*)\$|\\\[(.*)\\\]|\\\((.*)\\\))\Z")
_TOKENS = re.compile(r"(?s)\\quad[ \t]*\n\s*|\\[A-Za-z]+|\\.|[{}&]|%[^\n]*")
_OPENING, _CLOSING = ("{", r"\begin", r"\left"), ("}", r"\end", r"\right")
_DEFINITION = re.compile(
    r"\\(?:[gex]?def|let|(?:new|renew|provide)command|newenvironment|DeclareMathOperator)(?![a-z])"
)
_TEXT = re.compile(r"\\text\{((?:[^{}\\]|\\.)*\$(?:[^{}\\]|\\.|\{[^{}]*\})*)\}")
# Controls, and marks that turn the direction of reading.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def mathml(tex: str) -> Markup:
    """The equation as a formula; what can't be rendered is shown as its TeX. The style of `.eq` displays it."""
    if not tex.strip():
        return Markup("")
    try:
        return checked(_converted(_arranged(tex)))
    except NotShown:
        return _as_tex(tex)


def visible(text: str) -> str:
    """Text of which every character can be seen: control characters are replaced, line ends are kept."""
    return _UNSEEN.sub("\ufffd", text.replace("\r\n", "\n"))


def _as_tex(tex: str) -> Markup:
    rest = f"… ({len(tex)} characters)" if len(tex) > LONGEST else ""
    return Markup('<code class="tex">{}</code> <span class="mut">(shown as TeX)</span>').format(
        visible(tex[:LONGEST]) + rest
    )


def _converted(tex: str) -> str:
    try:
        return _CONVERTER.convert_with_local_state(tex, displaystyle=True)
    except (LatexError, ValueError) as why:  # ValueError: a lone surrogate
        raise NotShown(str(why)) from None


def _arranged(tex: str) -> str:
    """The same formula in the converter's dialect.

    - Delimiters around the whole ($$, \\[) go, and environments that number their lines lose the numbers.
    - Mathematics in a text, `\\text{a $x$ b}`, is taken out of it.
    - Lines that end in `\\\\`, or in `\\quad` and a line break of the source, become lines; `&` aligns them.
    """
    tex = tex.strip().replace("\r\n", "\n")
    if len(tex) > LONGEST or _UNSEEN.search(tex) or _DEFINITION.search(tex) or _depth(tex) > DEEPEST:
        raise NotShown("long beyond reading, or a program")
    outer = _OUTER.match(tex)
    if outer and outer[0].count("$") in (0, 2, 4):
        tex = next(group for group in outer.groups() if group is not None).strip()
    tex = _NUMBERED.sub(r"\\\1{\2*}", tex)
    tex = _TEXT.sub(_mathematics_outside_text, tex)
    lines, aligned = _lines(tex)
    if aligned:
        return r"\begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}"
    if len(lines) == 1:
        return lines[0]
    return r"\begin{array}{l}\displaystyle " + r" \\ \displaystyle ".join(lines) + r"\end{array}"


def _depth(tex: str) -> int:
    """At most how deeply commands and groups stand in each other.

    A command may take the next one as its argument, and after a group or one character it may still wait for more.
    """
    chain, end, deepest = 0, 0, 0
    outer: list[int] = []
    for token in _TOKENS.finditer(tex):
        if len(tex[end : token.start()].strip()) > 1:
            chain = 0
        end = token.end()
        if token[0] in _CLOSING:
            chain = outer.pop() if outer else 0
        elif token[0] in _OPENING:
            outer.append(chain + 1)
            chain = 0
        else:
            chain += 1
        deepest = max(deepest, sum(outer) + chain)
    return deepest


def _mathematics_outside_text(match: re.Match[str]) -> str:
    parts = re.split(r"(?<!\\)\$", match[1])
    if len(parts) % 2 == 0:
        return match[0]
    return "".join(part if k % 2 else rf"\text{{{part}}}" for k, part in enumerate(parts) if part)


def _lines(tex: str) -> tuple[list[str], bool]:
    """The lines of a formula, broken outside of all groups, and whether an `&` stands outside of them."""
    lines, start, aligned = [], 0, False
    outer: list[str] = []
    for token in _TOKENS.finditer(tex):
        text = token[0]
        if text in _OPENING:
            outer.append(text)
        elif text in _CLOSING:
            del outer[-1:]
        elif text == "&" and not outer:
            aligned = True
        elif text in (r"\\", r"\newline") and outer and r"\begin" not in outer:
            raise NotShown("lines within a group")  # which the converter would run together
        elif not outer and (text in (r"\\", r"\newline") or text.endswith("\n")):
            lines.append(tex[start : token.start()])
            start = token.end()
    lines.append(tex[start:])
    return [line for line in lines if line.strip()] or [""], aligned
