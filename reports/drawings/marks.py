"""How a verdict looks: a symbol and a colour, so that neither is needed to read the other."""

from typing import Any

from reports.rows import as_expected

TONES = {"ok": "da", "known": "dk", "warn": "dw", "bad": "dr", "none": ""}  # the classes of tones
_UNSURE = ("vacuous", "inconclusive")


def tone(claim: dict[str, Any]) -> str:
    """The colour of a claim: ok, warn or bad; `known` for what is wrong and known to be, `none` for rows to read."""
    if not as_expected(claim):
        return "warn" if claim["verdict"] in _UNSURE else "bad"
    if claim["verdict"] in ("verified", "certified"):
        return "ok"
    return "known" if claim["verdict"] in ("refuted", "error", *_UNSURE) else "none"


def words(claim: dict[str, Any]) -> str:
    """The verdict in words: "refuted, as expected", "refuted, not as expected", "verified"."""
    verdict = str(claim["verdict"])
    if not as_expected(claim):
        return f"{verdict}, not as expected"
    return f"{verdict}, as expected" if verdict in ("refuted", "error", *_UNSURE) else verdict
