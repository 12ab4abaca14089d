"""Right cases on which rounding is large: the families that the false-alarm benchmark tries."""

from benchmarks.hard import arithmetic, chains, exponents, kinks, linear, normalisation, probability

FAMILIES = (
    *normalisation.FAMILIES,
    *probability.FAMILIES,
    *chains.FAMILIES,
    *linear.FAMILIES,
    *kinks.FAMILIES,
    *arithmetic.FAMILIES,
    *exponents.FAMILIES,
)
