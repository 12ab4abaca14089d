"""Right cases on which rounding is large: the families that the false-alarm benchmark tries."""

from benchmarks.hard import arithmetic, chains, linear, normalisation, probability

FAMILIES = (
    *normalisation.FAMILIES,
    *probability.FAMILIES,
    *chains.FAMILIES,
    *linear.FAMILIES,
    *arithmetic.FAMILIES,
)
