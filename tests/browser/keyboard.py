"""A page read with the keyboard alone: Tab to every part, Enter to open it."""

from tests.browser.page import Page

# Links are not followed, since that would start the walk anew (whether they lead anywhere is checked elsewhere), and
# details that were opened stay open when the walk comes around again.
WATCH = """(() => {
    const look = e => [e, ...all('*', e).slice(0, 10)].map(part => {  // a drawing may show it at a shape in the link
        const {outlineStyle, outlineWidth, outlineColor, ...style} = getComputedStyle(part);
        return [outlineStyle === 'none' || [outlineStyle, outlineWidth, outlineColor], style.boxShadow, style.borderColor,
            style.borderWidth, style.backgroundColor, style.stroke, style.strokeWidth, style.textDecoration].join();
    }).join(';');
    const unfocused = new Map(all('a[href], summary, button, input, select, textarea, [tabindex]').map(e => [e, look(e)]));
    window.reached = [];
    document.addEventListener('click', e => {
        if (e.target.closest('a') || e.target.closest('details')?.open) e.preventDefault();
    });
    document.addEventListener('focusin', ({target}) => {
        const ring = getComputedStyle(target), before = unfocused.get(target);
        reached.push([target, before === undefined ? ring.outlineStyle !== 'none' : look(target) !== before]);
    });
})()"""

PARTS = """[...new Set([
    ...all('a[href], summary, button, input, select, textarea, [tabindex]').filter(e => e.tabIndex >= 0),
    ...all('body *').filter(scrolls)])].filter(seen)"""
SCROLLS = """const scrolls = e => {
    const style = getComputedStyle(e), moves = o => o === 'auto' || o === 'scroll';
    return moves(style.overflowX) && e.scrollWidth > e.clientWidth + 1
        || moves(style.overflowY) && e.scrollHeight > e.clientHeight + 1;
};"""

FOUND = f"""(() => {{
    {SCROLLS}
    const stops = new Map(reached), parts = {PARTS};
    const native = 'a, summary, button, input, select, textarea, math';  // with a role, and named by what they hold
    const formula = e => e.querySelector(':scope > math');  // which has the focus while the arrow keys move the box
    const named = e => (e.getAttribute('aria-label') || '').trim()
        || (e.getAttribute('aria-labelledby') || '').split(/\\s+/).some(id => document.getElementById(id)?.textContent.trim());
    return [
        ...parts.filter(e => !stops.has(e) && !stops.has(formula(e))).map(e => `${{words(e)}} is not reached`),
        ...[...stops].filter(([e, visible]) => !visible).map(([e]) => `${{words(e)}} has the focus, invisibly`),
        ...[...stops.keys()].filter(e => !e.matches(native) && e.tabIndex < 0).map(e => `${{words(e)}} is reached in Chromium alone: it needs a tabindex`),
        ...[...stops.keys()].filter(e => !e.matches(native) && !(e.role && named(e))).map(e => `${{words(e)}} has no role and label`),
        ...all('details').filter(d => !d.open).map(d => `${{words(d)}} does not open with Enter`),
    ];
}})()"""


def reachable(page: Page, width: int = 400) -> list[str]:
    """What Tab does not reach, where the focus can't be seen or is not named, and details that Enter does not open."""
    page.open()
    page.resize(width)  # where most boxes scroll
    page.evaluate(WATCH)
    parts = "all('a[href], summary, button, input, select, textarea, [tabindex], pre, div').length"
    for _ in range(2 + page.evaluate(parts) // 50):
        page.press(["Tab", "Enter"] * 50)
        if page.evaluate("reached.length > 1 && reached.slice(1).some(([e]) => e === reached[0][0])"):  # once around
            break
    return page.evaluate(FOUND)
