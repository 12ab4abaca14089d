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
     '<mi>f</mi><mo stretchy="false">(</mo><mi>x</mi><mo stretchy="false">)</mo>'),
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
    '<mi>a</mi><mspace width="1em"></mspace><mi>b</mi>',
    "<msub><mrow></mrow><mi>a</mi></msub>",
])
def test_what_stays(kept):
    assert short(kept) == kept
