"""`python -m tests.browser REPORT.html ...`: all checks on any page; exits with 1 if one finds something."""

import sys
from pathlib import Path

from tests.browser.checks import CHECKS
from tests.browser.chromium import chromium, find
from tests.browser.page import Page
from tests.browser.quiet import load_seconds

SHOWN = 5


def main(paths: list[str]) -> int:
    path = find()
    if path is None or not paths:
        print(__doc__ if path else "no Chromium: apt-get install chromium", file=sys.stderr)
        return 2
    wrong = 0
    with chromium(path) as devtools:
        for name in paths:
            loaded = load_seconds(Page(devtools, Path(name)))
            print(f"{name}: load event after {loaded:.2f} s")
            for check, function in CHECKS.items():
                page = Page(devtools, Path(name))
                problems = function(page)
                page.close()
                wrong += len(problems)
                print(f"  {'✗' if problems else '✓'} {check}", *problems[:SHOWN], sep="\n      ")
                if problems[SHOWN:]:
                    print(f"      and {len(problems) - SHOWN} more")
    return int(wrong > 0)


sys.exit(main(sys.argv[1:]))
