"""Equations as MathML: every equation of the notes and the gallery, and nothing from a results file but mathematics."""

import re
import subprocess
import sys
import time
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

import reports.fonts
from reports.fonts import font_css, is_common, is_rare
from reports.mathematics import LONGEST, mathml
from reports.mathml import NotShown, checked
from tests.make_math_font import CHARACTERS
from verify import documents

AS_TEX = "(shown as TeX)"


def equations():
    targets = ("verify.notes.ledger", "verify.gallery")
    return {claim.label: claim.equation for t in targets for claim in documents.load(t).claims if claim.equation}


def tree(tex):
    shown = mathml(tex)
    assert AS_TEX not in shown, tex
    return ElementTree.fromstring(shown)


def formula(tex):
    return tree(tex)


def found(tex, tag):
    return ["".join(node.itertext()).replace("\xa0", " ") for node in formula(tex).iter(tag)]


def test_every_equation_of_the_notes_and_the_gallery():
    everything = equations()
    assert len(everything) > 180
    for label, tex in everything.items():
        root = tree(tex)
        assert (root.tag, root.attrib) == ("math", {}), label
        shown = "".join(root.itertext()).replace("\xa0", " ").replace("’", "'")
        left = re.search(r"[\\&$_^]|[{}]" if r"\{" not in tex else r"[\\&$_^]", re.sub(r"\w+_\w+", "", shown))
        assert not left, (label, shown)
        for word in re.findall(r"\\text\{([^{}]*)\}", tex):
            assert word.strip().replace(r"\_", "_") in shown, (label, shown)
        assert mathml(tex) == mathml(tex)


def test_the_font_has_every_character_of_these_equations():
    italic = {0x1D455: 0x210E}
    for label, tex in equations().items():
        for node in formula(tex).iter():
            text = node.text or ""
            assert {ord(c) for c in text} <= CHARACTERS, (label, text)
            if node.tag == "mi" and len(text) == 1 and text.isascii() and text.isalpha():
                letter = 0x1D434 + ord(text) - ord("A") if text.isupper() else 0x1D44E + ord(text) - ord("a")
                assert italic.get(letter, letter) in CHARACTERS, (label, text)


@pytest.mark.parametrize(("tex", "tag", "parts"), [
    (r"\frac{1}{m}", "mfrac", ["1m"]),
    (r"\sum_{i=1}^m L^{(i)}", "munderover", ["∑i=1m"]),
    (r"\sum_i x_i", "munder", ["∑i"]),
    (r"\delta^{[l]}", "msup", ["δ[l]"]),
    (r"a_k^{[l](i)}", "msubsup", ["ak[l](i)"]),
    (r"g'(Z) + \zeta''", "msup", ["g′", "ζ″"]),
    (r"\hat{y}", "mover", ["yˆ"]),
    (r"\sqrt{2/n}", "msqrt", ["2/n"]),
    (r"\operatorname{sign}(W)", "mi", ["sign", "W", ")"]),
    (r"\texttt{g\_prime * W}", "code", ["g_prime * W"]),
    (r"\text{superscript } [l] \text{ denotes } l\text{-th layer}", "mtext", ["superscript ", " denotes ", "-th layer"]),
    (r"\text{the $l$-th of $N$}", "mtext", ["the ", "-th of "]),
    (r"\mathbb{R}", "mi", ["ℝ"]),
    (r"x := y \otimes z \odot w", "mo", [":", "=", "⊗", "⊙"]),
    (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "mtr", ["a=b", "c=d"]),
    (r"a &= b \\ c &= d", "mtr", ["a=b", "c=d"]),
    (r"\begin{align} a &= b \\ c &= d \end{align}", "mtr", ["a=b", "c=d"]),
    ("a = b, \\quad\nc = d", "mtr", ["a=b,", "c=d"]),
    (r"a \\ b", "mtr", ["a", "b"]),
    ("\\frac{a \\quad\n b}{c}", "mfrac", ["abc"]),
    (r"\begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}", "mtd", ["1", "x>0", "0", "otherwise"]),
    (r"\left( \frac{a}{b} \right)", "mo", ["(", ")"]),
    (r"\bigl( x \bigr)", "mo", ["(", ")"]),
    (r"$$ x^2 $$", "msup", ["x2"]),
    (r"\[ x^2 \]", "msup", ["x2"]),
    (r"\mathrm{softmax}(S) \iff T", "mi", ["softmax", "S", ")", "T"]),
    (r"\mathcal{N}", "mi", ["𝒩"]),
    (r"\vec x", "mover", ["x→"]),
    (r"\boxed{x}", "mi", ["x"]),
])
def test_constructs(tex, tag, parts):
    assert found(tex, tag) == parts


@pytest.mark.parametrize("tex", [
    r"\frac{a", "a}b", r"\left( a", r"\begin{aligned} a", r"\undefined", r"\input{/etc/passwd}", r"\include{x}", "x^", "x^a^b",
    r"\href{javascript:alert(1)}{x}", r"\class{c}{x}", r"\style{color:red}{x}", r"\unicode{x202e}", r"\htmlId{i}{x}",
    r"\eqref{a}", r"\label{a}x", r"\cancel{x}", r"\hspace{99999em}x", "\\def\\a{\\a\\a}\\a", r"\newcommand{\a}{b}\a",
    r"\let\a=b \a", r"\phantom{x}y", r"\frac{a \\ b}{c}", "%", "{}", "\\", "$x$ and $y$", "x\0y", "x\x07", "x\u202ey", "\ud800", "x\ufffe", "{" * 3000,
    "{" * 110 + "x" + "}" * 110, r"\sqrt" * 1000, r"\hat" * 1200 + "x", "\\left(" * 700, "-" * LONGEST, "x" * 100_000,
    r"\text{" * 400, r"\frac1" * 800, r"\not" * 900, "x_\\hat" * 500, "\\begin{aligned}" * 300, "<" * 4000 + "&",
])
def test_what_is_no_formula_is_shown_as_tex(tex):
    start = time.perf_counter()
    shown = mathml(tex)
    assert time.perf_counter() - start < 2
    assert shown.startswith('<code class="tex">')
    assert shown.endswith(f'</code> <span class="mut">{AS_TEX}</span>')
    assert not re.search("[\0-\x08\x0b-\x1f\u202a-\u202e\ud800-\udfff]", shown)
    assert len(shown) < 6 * LONGEST
    inside = shown.removeprefix('<code class="tex">').partition("</code>")[0]
    assert "<" not in inside
    if len(tex) > LONGEST:
        assert f"({len(tex)} characters)" in inside


@pytest.mark.parametrize("tex", [
    "<script>alert(1)</script>", r"\text{<script>alert(1)</script>}", "]]><img src=x onerror=alert(1)>", r"\text{]]>}",
    r"</annotation></semantics></math><script>", r"\text{a</mtext></math><b onclick=x>}", r"x < y > z \& w", "'\"`",
    r"\textcolor{red}{x}", r"\color{red} x", r"\textbf{<i>} \textit{<b>} \texttt{</code>}", r"\tag{<b>}", "{{ 7*7 }} {% raw %}",
])
def test_text_stays_text(tex):
    shown = mathml(tex)
    root = ElementTree.fromstring(f"<p>{shown}</p>")
    allowed = {"code", "span", "b", "i", "math"}
    for node in root.iter():
        assert node.tag == "p" or node.tag in allowed or node.tag.startswith("m"), node.tag
        assert not {"href", "src", "id", "onclick", "onerror"} & set(node.attrib)
        assert not re.search("red|#", node.get("style", ""))
        assert node.get("class") in (None, "tex", "mut")


@pytest.mark.parametrize("markup", [
    "<math><script>x</script></math>", '<math><mi onclick="x">x</mi></math>', '<math><mi href="x">x</mi></math>',
    '<math><mspace width="999em"/><mi>x</mi></math>', "<math><maction>x</maction></math>", "<math><semantics/>x</math>",
    '<math><annotation-xml encoding="text/html"><p>x</p></annotation-xml></math>', "<math></math>", "<p>x</p>", "<math>",
    "<math><a>x</a></math>", "<math><mrow><b>x</b></mrow></math>", "<math><mtext><mi>x</mi></mtext></math>", "<math>" + "<mrow>" * 200 + "x" + "</mrow>" * 200 + "</math>", "<math>&nosuch;</math>",
    '<math xmlns:x="y"><x:mi>a</x:mi></math>', "<!DOCTYPE a [<!ENTITY b 'c'>]><math>&b;</math>",
    "<math>" + "<mi>x</mi>" * 20_000 + "</math>",
])
def test_markup_that_a_report_may_not_hold(markup):
    with pytest.raises(NotShown):
        checked(markup)


FRAGMENTS = [
    r"\frac", r"\sqrt", "{", "}", "[", "]", "^", "_", "'", r"\left(", r"\right)", r"\begin{aligned}", r"\end{aligned}", "&",
    r"\\", r"\text{", "$", "%", "~", "x", "1", r"\sum", r"\hat", r"\bigl(", r"\operatorname", r"\mathbb", r"\not", "\n", "<",
    r"\color", r"\tag", r"\begin{array}{cc}", r"\end{array}", r"\limits", r"\quad\n", "é", "∑", "𝒩", "\\", r"\rule", r"\hspace{",
    r"\substack{", r"\genfrac", r"\overset", r"\middle|", r"\mathrel{", r"\verb|", r"\char", "\u0301", r"\begin{cases}", "#1",
]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=14).map(" ".join) | st.lists(st.sampled_from(FRAGMENTS)).map("".join))
def test_anything_is_a_formula_or_its_tex(tex):
    shown = mathml(tex)
    ElementTree.fromstring(f"<p>{shown}</p>")
    assert not tex.strip() or AS_TEX in shown or "<math" in shown


def test_styles_and_classes_are_dropped():
    shown = checked('<math><mi class="c" style="color:red;background:url(x);padding:1em;position:fixed">x</mi></math>')
    assert shown == '<math><mi style="padding:1em">x</mi></math>'


def test_no_equation():
    assert mathml("") == mathml(" \n") == ""


def test_on_a_small_stack():
    """The converter is compiled and descends on the thread's stack: what it is given is bounded."""
    worst = [
        "{" * 50 + "x" + "}" * 50, "\\sqrt" * 99 + "x", "\\left(" * 50 + "\\right)" * 50, "\\frac1" * 800, "\\frac{1}" * 550,
        "x_\\hat" * 700, ("{" + "\\hat" * 20) * 40 + "x" + "}" * 40, "\\frac12" * 700, "x^{" * 60 + "x" + "}" * 60,
    ]
    program = (
        "import sys, threading, xml.etree.ElementTree\n"
        "from reports.mathematics import mathml\n"
        "threading.stack_size(512 * 1024)\n"
        f"thread = threading.Thread(target=lambda: print(len([mathml(tex) for tex in {worst!r}])))\n"
        "thread.start()\n"
        "thread.join()\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, f"{len(worst)}\n"), run.stderr


def test_the_font_is_small_and_within_the_page():
    css = font_css("x ∈ ℝ")
    assert css == font_css("")
    assert re.findall(r"url\(([^)]{16})", css) == ['"data:font/woff2']
    assert not re.search("https?:|@import|<", css)
    folder = Path(reports.fonts.__file__).parent
    sizes = [len(path.read_bytes()) for path in folder.glob("*.woff2")]
    assert len(sizes) == 3
    assert min(sizes) < 26_000
    assert sum(sizes) < 95_000
    assert "SIL OPEN FONT LICENSE" in (folder / "OFL.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("rare", "é𝐱𝓛𝛃𝔼𝟏𝚫𝜽")
def test_a_page_with_a_rare_character_has_the_second_font(rare):
    css = font_css(f"x + {rare}")
    assert len(re.findall("@font-face", css)) == 2
    assert len(re.findall("unicode-range", css)) == 1


def test_a_page_has_the_smallest_font_that_is_enough():
    common, more = font_css("x ∈ ℝ"), font_css("x ⊂ ℝ")
    assert len(common) < len(more) - 20_000
    assert font_css("x ⊂ ℝ 𝐱").startswith(more.split("}")[0])
    assert font_css("x ∈ ℝ 𝐱").startswith(common.split("}")[0])


@pytest.mark.parametrize(("file", "holds"), [
    ("report-math-common.woff2", is_common), ("report-math.woff2", lambda c: not is_rare(c)), ("report-math-rare.woff2", is_rare),
])
def test_the_fonts_have_what_they_are_for(file, holds):
    font = TTFont(Path(reports.fonts.__file__).parent / file)
    assert "MATH" in font
    wanted = {c for c in CHARACTERS if holds(chr(c)) and unicodedata.category(chr(c)) != "Cn"}
    assert wanted <= set(font.getBestCmap())


def test_what_a_browser_makes_of_common_letters_is_common():
    """Letters alone are set slanted: of those that stand in the smallest file, the slanted ones must stand there, too."""
    for code in (*range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C)):
        plain = unicodedata.decomposition(chr(code)).removeprefix("<font> ")
        assert not plain or is_common(chr(code)) or not is_common(chr(int(plain, 16))), hex(code)
