"""What exact arithmetic adds: the smallest errors found, right derivations never refuted, the time of a trial."""
