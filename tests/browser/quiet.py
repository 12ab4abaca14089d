"""A page says nothing, asks for nothing, and its policy would not let it; it is light."""

from tests.browser.page import Page


def quiet(page: Page) -> list[str]:
    """Messages, exceptions and dialogs, as it stands and without its policy, which would keep scripts from speaking up."""
    for policy in (True, False):
        _look_everywhere(page.open(policy=policy))
    return sorted(set(page.messages))


def offline(page: Page) -> list[str]:
    """Requests beside that for the page itself: without its policy, which would keep most from being made."""
    _look_everywhere(page.open(policy=False))
    return [f"requests {url[:200]}" for url in page.requests if url != page.path.as_uri() and not url.startswith("data:")]


def guarded(page: Page) -> list[str]:
    """The policy stops scripts and images from elsewhere: both are tried."""
    stopped = page.open().evaluate("""new Promise(resolve => {
        const stopped = [];
        document.addEventListener('securitypolicyviolation', e => stopped.push(e.effectiveDirective));
        document.head.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = true'}));
        new Image().src = 'https://example.invalid/image.png';
        document.body.append(Object.assign(document.createElement('b'), {id: 'probe'}));
        document.getElementById('probe').setAttribute('onclick', 'window.ran = true');
        document.getElementById('probe').click();
        setTimeout(() => resolve(window.ran ? ['ran'] : stopped), 100);
    })""")
    if stopped == ["ran"]:
        return ["a script was run"]
    wanted = ("script-src-elem", "script-src-attr", "img-src")
    return [f"the policy does not stop {directive}" for directive in wanted if directive not in stopped]


def light(page: Page) -> list[str]:
    """A report is less than a megabyte, as large as it may be in an e-mail."""
    size = page.path.stat().st_size
    return [f"{size:,} bytes"] if size >= 1_000_000 else []


def load_seconds(page: Page) -> float:
    """From the start of the navigation to the end of the load event."""
    return page.open().evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") / 1000


def _look_everywhere(page: Page) -> None:
    page.unfold()
    for medium, scheme in (("", "dark"), ("print", "light"), ("", "light")):
        page.media(medium, scheme)
        page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 20)))")
