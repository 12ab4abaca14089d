"""What exact arithmetic showed of a claim, in a sentence."""

import math
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup


def certificate_sentence(claim: Mapping[str, Any]) -> Markup:
    """The certificate in words, or why there is none; empty where exact arithmetic was not tried."""
    found = claim.get("certificate")
    if not found:
        return Markup("")
    if not found["certified"]:
        return Markup("Not certified: {}.").format(found["why"])
    regions = f", in {found['regions']} regions" if found["regions"] > 1 else ""
    opaque = f"; opaque: {', '.join(found['opaque'])}" if found["opaque"] else ""
    trials = f"{found['trials']} exact trial{'s' * (found['trials'] != 1)}"
    return Markup("Equal in {}{}: p &lt; 2<sup>{}</sup>{}.").format(
        trials, regions, f"−{-math.ceil(found['log2_miss'])}", opaque
    )
