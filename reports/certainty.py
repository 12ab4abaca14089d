"""What exact arithmetic showed of a claim, and how many wrong versions of it are refuted, in a sentence each."""

import math
import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from reports.mathematics import visible


def certificate_sentence(claim: Mapping[str, Any]) -> str:
    """The certificate in words, or why there is none; empty where exact arithmetic was not tried."""
    found = claim.get("certificate")
    if not found:
        return ""
    if not found["certified"]:
        return f"Not certified: {found['why']}."
    trials = f"{found['trials']} exact trial{'s' * (found['trials'] != 1)}"
    regions = f", in {found['regions']} regions" if found["regions"] > 1 else ""
    opaque = f"; opaque: {', '.join(found['opaque'])}" if found["opaque"] else ""
    left_out = f"; left out were examples where {found['left_out']}" if found.get("left_out") else ""
    return f"Equal in {trials}{regions}: p < 2^{math.ceil(found['log2_miss'])}{opaque}{left_out}."


def certificate_markup(claim: Mapping[str, Any]) -> Markup:
    """The same as HTML."""
    power = re.compile(r"2\^-(\d+)")
    return Markup(power.sub(r"2<sup>−\1</sup>", str(escape(visible(certificate_sentence(claim))))))


def teeth_sentence(claim: Mapping[str, Any]) -> str:
    """How many wrong versions of the function the check refutes; empty where none were tried."""
    found = claim.get("teeth")
    if not found:
        return ""
    if not found["mutants"]:
        return "No wrong version could be made of its code."
    same = len(found["equivalent"])
    equivalent = f", {same} equivalent" if same else ""
    return f"Killed {found['killed']} of {found['mutants'] - same} wrong versions{equivalent}."
