"""Makes reports/fonts/*.woff2: STIX Two Math with the characters that formulas of derivations need.

Those that few formulas have, bold, script and accented letters, are a file of their own, which a page holds if it needs
one of them. Of the others, the common ones are a file of their own as well, for pages that need no more.

    python -m pip install fonttools==4.68.0 brotli==1.2.1
    python tests/make_math_font.py STIXTwoMath-Regular.ttf

The original is version 2.11 b159 of https://github.com/stipub/stixfonts (its SHA-256 is checked). With these versions
the result is the same to the byte.
"""

import hashlib
import sys
from pathlib import Path

from reports.fonts import is_common, is_rare

ORIGINAL = "8f42cb183a85043a4dc3f8e41ac3821eb27bf178d68ace929ba439523622323c"
FAMILY = "Report Math"
FOLDER = Path(__file__).parents[1] / "reports/fonts"


def between(first: int, last: int) -> set[int]:
    return set(range(first, last + 1))


CHARACTERS = set().union(
    between(0x20, 0x7E),
    between(0xA0, 0xFF),
    {0x131, 0x237},                                             # dotless i and j
    {0x2C6, 0x2C7, 0x2D8, 0x2D9, 0x2DC},                        # accents that stand alone
    between(0x300, 0x308), {0x30A, 0x30C, 0x332, 0x338, 0x20D6, 0x20D7},
    between(0x391, 0x3A9), between(0x3B1, 0x3C9), {0x3D1, 0x3D5, 0x3D6, 0x3F0, 0x3F1, 0x3F5},
    {0x2013, 0x2014, 0x2016, 0x2018, 0x2019, 0x201C, 0x201D, 0x2026, 0x2032, 0x2033, 0x2034, 0x203E, 0x2044},
    between(0x2061, 0x2064), {0x2003, 0x2009, 0x200A, 0x205F},
    {0x2102, 0x210B, 0x210E, 0x2110, 0x2112, 0x2113, 0x2115, 0x2119, 0x211A, 0x211B, 0x211D, 0x2124, 0x212C, 0x2130,
     0x2131, 0x2133},                                           # letters that lie outside their alphabets
    between(0x2190, 0x2194), {0x21A6, 0x21D0, 0x21D2, 0x21D4, 0x27F5, 0x27F6, 0x27F7, 0x27F9, 0x27FA},
    between(0x2200, 0x220C), {0x220F, 0x2211, 0x2212, 0x2213, 0x2216, 0x2217, 0x2218, 0x2219, 0x221A, 0x221D, 0x221E},
    between(0x2223, 0x222B), {0x222E, 0x2234, 0x2235, 0x223C, 0x2243, 0x2245, 0x2248},
    {0x2254, 0x2255, 0x225C, 0x225D, 0x2260, 0x2261, 0x2264, 0x2265, 0x226A, 0x226B, 0x227A, 0x227B, 0x227C, 0x227D},
    between(0x2282, 0x2287), between(0x2295, 0x229B), {0x22A4, 0x22A5, 0x22C0, 0x22C1, 0x22C2, 0x22C3, 0x22C5, 0x22C6},
    {0x22EE, 0x22EF, 0x22F1, 0x25A1, 0x25CB},
    between(0x2308, 0x230B), {0x23DE, 0x23DF, 0x23B4, 0x23B5}, {0x27E6, 0x27E7, 0x27E8, 0x27E9},
    {0x2A00, 0x2A01, 0x2A02, 0x2A74},
    between(0x1D400, 0x1D49B),                                  # bold, italic, bold italic
    between(0x1D49C, 0x1D4B5), between(0x1D538, 0x1D551), {0x1D7D9},     # script and double-struck capitals, 1
    between(0x1D6A4, 0x1D6A5), between(0x1D6A8, 0x1D755),       # Greek: bold, italic, bold italic
    between(0x1D7CE, 0x1D7D7),                                  # bold digits
)


PRIMES = {0x2032: "minute.ssty", 0x2033: "second.ssty", 0x2034: "uni2034.ssty"}


def raise_primes(font) -> None:
    """Primes stand in formulas as superscripts alone, for which the font has larger ones: browsers don't choose them."""
    for table in font["cmap"].tables:
        table.cmap.update({c: name for c, name in PRIMES.items() if c in table.cmap})


RARE = {c for c in CHARACTERS if is_rare(chr(c))}
COMMON = {c for c in CHARACTERS if is_common(chr(c))}


def main(original: Path) -> None:
    if hashlib.sha256(original.read_bytes()).hexdigest() != ORIGINAL:
        sys.exit(f"{original} is another version of STIX Two Math; expected 2.11 b159 (SHA-256 {ORIGINAL})")
    make(original, COMMON, FOLDER / "report-math-common.woff2")
    make(original, CHARACTERS - RARE, FOLDER / "report-math.woff2")
    make(original, RARE, FOLDER / "report-math-rare.woff2")


def make(original: Path, characters: set[int], target: Path) -> None:
    from fontTools.subset import Options, Subsetter  # here, since tests read CHARACTERS without it
    from fontTools.ttLib import TTFont

    font = TTFont(original, recalcTimestamp=False)
    subsetter = Subsetter(
        Options(
            layout_features=[], hinting=False, drop_tables=["DSIG", "GSUB", "GPOS", "GDEF", "gasp"], notdef_outline=True,
            name_IDs=[0, 1, 2, 3, 4, 5, 6, 7, 13, 14], name_languages=[0x409], recalc_timestamp=False,
        )
    )
    subsetter.populate(unicodes=characters, glyphs=[name for c, name in PRIMES.items() if c in characters])
    subsetter.subset(font)
    raise_primes(font)
    # A modified version must not bear a reserved name, and "STIX Fonts" is a trademark.
    for number, text in ((1, FAMILY), (3, f"{FAMILY} 1"), (4, FAMILY), (6, FAMILY.replace(" ", ""))):
        font["name"].setName(text, number, 3, 1, 0x409)
    font.flavor = "woff2"
    font.save(target, reorderTables=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
