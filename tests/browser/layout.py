"""Formulas have a size, and on a narrow screen nothing sticks out or is cut off."""

from tests.browser.page import Page

# What sticks out of [left, right], or of a box that hides what sticks out of it. Scrolling is the reader's to do: what
# is in a box that scrolls is only asked to be reachable, and the box itself is asked like everything else.
STICKS_OUT = """(width => {
    const problems = [], root = document.scrollingElement;
    if (root.scrollWidth > width) problems.push(`the page is ${root.scrollWidth} px wide on ${width} px`);
    const box = e => e.getBoundingClientRect(), flow = new Map();
    const overflow = e => { if (!flow.has(e)) flow.set(e, getComputedStyle(e).overflowX); return flow.get(e); };
    const holder = e => {  // the nearest box around that scrolls or hides
        for (let up = e.parentElement; up && up !== document.body && up !== root; up = up.parentElement)
            if (overflow(up) !== 'visible' || up.tagName === 'svg') return up;
        return null;
    };
    for (const e of all('body *')) {
        if (!seen(e)) continue;
        const {left, right, width: wide, height} = box(e);
        if (wide <= 1 || height <= 1) continue;  // for screen readers alone
        const around = holder(e);
        if (around && ['auto', 'scroll'].includes(overflow(around))) continue;
        const sides = around ? box(around) : {left: 0, right: width};
        if (around && around.tagName === 'svg' && e.tagName !== 'text') continue;  // lines and areas may fade out
        if (right > sides.right + 1 || left < sides.left - 1) problems.push(
            `${words(e)} reaches from ${Math.round(left)} to ${Math.round(right)} px, ${around ? 'cut off by ' + words(around) : 'beyond the screen'}`);
    }
    for (const e of all('body *')) {  // text without an element of its own
        const style = getComputedStyle(e);
        if (!seen(e) || e.clientWidth <= 1 || e.closest('svg')) continue;
        const more = [e.scrollWidth > e.clientWidth + 1, e.scrollHeight > e.clientHeight + 1];
        const hides = [style.overflowX, style.overflowY].map(o => o === 'hidden' || o === 'clip');
        if (more.some((m, i) => m && hides[i])) problems.push(`${words(e)} hides a part of itself`);
    }
    return problems;
})"""


def formulas(page: Page) -> int:
    """How many formulas there are."""
    return page.open().evaluate("all('math').length")


def laid_out(page: Page) -> list[str]:
    """Formulas without a width or a height, or with an error in them, also in details."""
    page.open().unfold()
    return page.evaluate("""all('math').flatMap(m => {
        const {width, height} = m.getBoundingClientRect();
        if (!seen(m) || width <= 1 || height <= 1) return [`${words(m)} is ${width} by ${height} px`];
        return m.querySelector('merror') ? [`${words(m)} holds an error`] : [];
    })""")


def narrow(page: Page, width: int = 400) -> list[str]:
    """What sticks out or is cut off on a screen of this width, with details open."""
    page.open().unfold()
    page.resize(width)
    return page.evaluate(f"{STICKS_OUT}({width})")
