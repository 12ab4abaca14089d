"""Formulas in fewer characters: which rows and spaces of MathML change nothing, and which do."""

from xml.etree import ElementTree

import pytest

from reports.shortened import serialized, shortened


def short(inside):
    return serialized(shortened(ElementTree.fromstring(f"<math>{inside}</math>")))[len("<math>") : -len("</math>")]


@pytest.mark.parametrize(("long", "expected"), [
    ("<mrow><mrow><mi>a</mi></mrow></mrow>", "<mi>a</mi>"),
    ("<mi>a</mi><mo>=</mo><mrow><mi>b</mi><mo>+</mo><mi>c</mi></mrow>", "<mi>a</mi><mo>=</mo><mi>b</mi><mo>+</mo><mi>c</mi>"),
    ("<msub><mi>a</mi><mrow><mi>next</mi></mrow></msub>", "<msub><mi>a</mi><mi>next</mi></msub>"),
    ("<mrow><mspace></mspace><mi>log</mi></mrow><mi>x</mi>", "<mi>log</mi><mi>x</mi>"),
    ('<mi>f</mi><mrow><mo stretchy="false">(</mo><mi>x</mi><mo stretchy="false">)</mo></mrow>',
     "<mi>f</mi><mi>(</mi><mi>x</mi><mi>)</mi>"),
    ("<msqrt><mrow><mi>a</mi><mi>b</mi></mrow></msqrt>", "<msqrt><mi>a</mi><mi>b</mi></msqrt>"),
])
def test_what_goes(long, expected):
    assert short(long) == expected


@pytest.mark.parametrize("kept", [
    "<mi>a</mi><mrow><mo>−</mo><mi>b</mi></mrow>",  # a sign, which would become a difference
    "<mi>a</mi><mrow><mi>n</mi><mo>!</mo></mrow><mi>b</mi>",
    "<mi>a</mi><mrow><mo>(</mo><mi>x</mi><mo>)</mo></mrow>",  # as high as what is in it
    "<mi>a</mi><mrow><mi>x</mi><mo>|</mo><mi>y</mi></mrow>",
    "<mi>a</mi><mrow><mo>,</mo></mrow><mi>b</mi>",  # spaced as a letter
    "<msup><mi>g</mi><mrow><mo>−</mo></mrow></msup>",
    "<mfrac><mrow><mi>a</mi><mi>b</mi></mrow><mi>c</mi></mfrac>",
    '<mrow style="padding:0.2em"><mi>x</mi></mrow>',
    '<mi>a</mi><mspace width="1em"/><mi>b</mi>',
    "<msub><mrow></mrow><mi>a</mi></msub>",
])
def test_what_stays(kept):
    assert short(kept) == kept


FLAT = '<mo stretchy="false">(</mo>'


@pytest.mark.parametrize("beside", [
    "", "<mi>x</mi>", "<mn>12</mn>", "<mo>+</mo>", "<mtext>or</mtext>", "<msup><mi>W</mi><mi>next</mi></msup>",
    '<mspace width="1em"/>', "<mi>σ</mi><mo>\u2061</mo>",
])
def test_a_bracket_is_an_identifier_where_browsers_set_it_alike(beside):
    assert short(beside + FLAT) == beside + "<mi>(</mi>"
    assert short(FLAT + beside) == "<mi>(</mi>" + beside


@pytest.mark.parametrize("beside", [  # from which Firefox sets an identifier apart
    "<mi>tanh</mi>", "<mi>tanh</mi><mo>\u2061</mo>", '<mi mathvariant="normal">d</mi>', "<msub><mi>log</mi><mn>2</mn></msub>",
    "<mfrac><mn>1</mn><mi>m</mi></mfrac>", "<msqrt><mi>x</mi></msqrt>",
])
def test_beside_a_name_or_a_fraction_it_is_an_operator(beside):
    assert short(beside + FLAT) == beside + FLAT


def test_with_scripts_it_is_the_same():
    scripts = "<msup>{}<mn>2</mn></msup>"
    assert short(scripts.format(FLAT)) == scripts.format("<mi>(</mi>")
    assert short("<mi>log</mi>" + scripts.format(FLAT)) == "<mi>log</mi>" + scripts.format(FLAT)
    assert short(f"<mfrac>{FLAT}<mi>x</mi></mfrac>") == f"<mfrac>{FLAT}<mi>x</mi></mfrac>"


@pytest.mark.parametrize("kept", [
    "<mo>(</mo>", '<mo stretchy="true">(</mo>', '<mo stretchy="false" rspace="0">(</mo>', '<mo stretchy="false">|</mo>',
])
def test_another_operator_stays_one(kept):
    assert short(f"{kept}<mi>x</mi>") == f"{kept}<mi>x</mi>"
