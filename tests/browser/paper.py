"""A printed page loses nothing: closed details are printed open, and nothing is cut off at the edge of the paper."""

import io
import re
import unicodedata

import pypdf

from tests.browser.layout import STICKS_OUT
from tests.browser.page import Page

A4 = 718  # px: 210 mm less Chromium's margins

HIDDEN = """all('details').flatMap(d => [...d.children].filter(c => c.tagName !== 'SUMMARY' && c.textContent.trim() && (
    !c.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true, opacityProperty: true})
    || c.getBoundingClientRect().height <= 1)).map(c => `${words(c)} is not printed, in closed details`))"""

SCROLLING = """all('body *').filter(e => seen(e) && !['visible', 'clip', 'hidden'].includes(getComputedStyle(e).overflowX)
    && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)).map(e =>
    `${words(e)} scrolls on paper: ${e.scrollWidth} px of content in ${e.clientWidth}`)"""

# Texts in details, one per text node: lines may break anywhere in them, so that white space says nothing. Formulas and
# drawings are glyphs in an order of their own.
TEXTS = """all('details').flatMap(d => {
    const walker = document.createTreeWalker(d, NodeFilter.SHOW_TEXT), texts = [];
    while (walker.nextNode())
        if (!walker.currentNode.parentElement.closest('math, svg, summary')) texts.push(walker.currentNode.data);
    return texts;
})"""


def printed(page: Page) -> list[str]:
    """What print leaves out, with details closed as they are, or cuts off on A4."""
    page.open().media("print")
    page.resize(A4)
    return [*page.evaluate(HIDDEN), *page.evaluate(SCROLLING), *page.evaluate(f"{STICKS_OUT}({A4})")]


def in_pdf(page: Page) -> list[str]:
    """Texts in closed details that the PDF does not hold."""
    texts = page.open().evaluate(TEXTS)
    reader = pypdf.PdfReader(io.BytesIO(page.pdf()))
    printed = _bare("".join(sheet.extract_text() for sheet in reader.pages))
    return [f"not in the PDF: {text.strip()[:80]!r}" for text in texts if _bare(text) not in printed]


def _bare(text: str) -> str:
    """ASCII letters and digits: what extraction from a PDF reproduces whatever the font."""
    return re.sub(r"[^A-Za-z0-9]", "", unicodedata.normalize("NFKC", text))
