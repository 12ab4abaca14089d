"""Every reference inside a page leads to an element, and to one element only."""

from tests.browser.page import Page


def linked(page: Page) -> list[str]:
    """Ids that occur twice, references to ids that are not there, links that need the page's surroundings."""
    return page.open().evaluate("""(() => {
        const ids = all('[id]').map(e => e.id), known = new Set(ids), problems = [];
        for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) problems.push(`twice: id ${id}`);
        const need = (id, e) => { if (!known.has(id)) problems.push(`nowhere: ${id}, wanted by ${words(e)}`); };
        for (const e of all('*')) {
            for (const name of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'aria-details', 'headers', 'for'])
                (e.getAttribute(name) || '').split(/\\s+/).filter(Boolean).forEach(id => need(id, e));
            const to = e.getAttribute('href') ?? e.getAttribute('xlink:href');
            if (to?.startsWith('#')) need(decodeURIComponent(to.slice(1)), e);
            else if (to !== null && to !== undefined && !/^(https|mailto|data):/.test(to))
                problems.push(`not a place in this page: ${to.slice(0, 80)}, wanted by ${words(e)}`);
            for (const name of ['fill', 'stroke', 'clip-path', 'mask', 'marker-start', 'marker-mid', 'marker-end'])
                for (const found of (e.getAttribute(name) || '').matchAll(/url\\(["']?#([^"')]+)/g)) need(found[1], e);
        }
        return problems;
    })()""")
