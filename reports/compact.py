"""The finished page in fewer bytes: what HTML lets one leave out is left out, and nothing that is seen."""

import re

_TOKEN = re.compile(r"<!--.*?-->|</?[A-Za-z](?:\"[^\"]*\"|'[^']*'|[^'\">])*>", re.DOTALL)
_NAME = re.compile(r"<(/?[A-Za-z][^\s/>]*)")
_QUOTED = re.compile(r"\"([^\"]*)\"")
_BARE = re.compile(r"=\"([^\s\"'=<>`]*[^\s\"'=<>`/])\"(?=([\s>])|/>)")
_SPACE = re.compile(r"\s*\n\s*", re.ASCII)
_STYLE_NOTE = re.compile(r"/\*.*?\*/", re.DOTALL)
_STYLE_SPACE = re.compile(r"\s*([{};])\s*|([,:])\s+|\s+")
_KEPT = frozenset({"pre", "textarea", "script", "style", "svg", "math", "code", "title"})  # stay as they are inside

# An end tag goes where one of these follows it, of which HTML then closes the element.
_AFTER_P = frozenset({  # elements that open after a paragraph, and ends of those that may hold one as the last thing
    "article", "details", "div", "dl", "figure", "footer", "h1", "h2", "h3", "main", "nav", "ol", "p", "pre", "section",
    "table", "ul", "/article", "/body", "/dd", "/details", "/div", "/figure", "/footer", "/header", "/li", "/main",
    "/section", "/td",
})
_IMPLIED = {
    "/p": _AFTER_P, "/dt": frozenset({"dd"}), "/dd": frozenset({"dt", "/dl"}),
    "/td": frozenset({"td", "th", "/tr"}), "/th": frozenset({"td", "th", "/tr"}),
    "/tr": frozenset({"tr", "/thead", "/tbody", "/tfoot", "/table"}), "/thead": frozenset({"tbody", "tfoot"}),
    "/tbody": frozenset({"tbody", "tfoot", "/table"}), "/tfoot": frozenset({"/table"}),
    "/li": frozenset({"li", "/ol", "/ul"}),
}
# White space beside these shows as nothing.
_BLOCKS = frozenset({
    "html", "head", "body", "meta", "style", "title", "link", "header", "main", "footer", "nav", "section", "article",
    "aside", "div", "p", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "table",
    "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th", "figure", "figcaption", "details",
    "summary",
})


def compact(html: str) -> str:
    """The same document without optional end tags of tables and lists, needless quotes, indentation, blank lines,
    escapes in text of quotes and of >, and comments in styles.

    White space with a line break is one line break, or nothing beside a block. Preformatted text, code, pictures and
    formulas keep theirs, and their end tags. It is for pages that are well-formed, with `<` escaped in text and with
    quoted attributes, as templates make them, and styles without such signs and spaces in strings.
    """
    out: list[str] = []
    pending, kept, at, before = "", 0, 0, ""  # an end tag that may go; elements around that are kept; the tag before
    for found in _TOKEN.finditer(html):
        text, tag = html[at : found.start()], found[0]
        at = found.end()
        name = _NAME.match(tag)
        kind = name[1].lower() if name else ""
        bare = kind.removeprefix("/")
        if not kept:
            text = _spaced(text, before, bare)
        if kind == "/style":
            text = _style(text)
        elif "style" not in (before, bare):
            text = text.replace("&#34;", '"').replace("&#39;", "'").replace("&gt;", ">")
        if pending:
            out.append("" if not text and kind in _IMPLIED[pending] else f"<{pending}>")
            pending = ""
        out.append(text)
        before = bare
        if bare in _KEPT:
            kept += -1 if kind.startswith("/") else 0 if tag.endswith("/>") else 1
        if not kept and kind in _IMPLIED:
            pending = kind
        else:
            out.append(_BARE.sub(lambda m: f"={m[1]}" if m[2] else f"={m[1]} ", tag) if _safe(tag) else tag)
    out += [f"<{pending}>" if pending else "", html[at:]]
    return "".join(out)


def _style(text: str) -> str:
    """Rules without comments and without the white space that separates nothing; before a colon it is a descendant."""
    return _STYLE_SPACE.sub(lambda m: m[1] or m[2] or " ", _STYLE_NOTE.sub("", text)).replace(";}", "}").strip()


def _spaced(text: str, before: str, after: str) -> str:
    if "\n" not in text:
        return text
    if text.isspace():
        return "" if before in _BLOCKS or after in _BLOCKS else "\n"
    text = _SPACE.sub("\n", text)
    text = text.lstrip("\n") if before in _BLOCKS else text
    return text.rstrip("\n") if after in _BLOCKS else text


def _safe(tag: str) -> bool:
    """Whether no attribute's value holds what looks like an attribute."""
    return "'" not in tag and not any("=" in value for value in _QUOTED.findall(tag))
