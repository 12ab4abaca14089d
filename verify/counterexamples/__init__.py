"""Counterexamples as files: written so that they stand alone, found and read again by the next run."""
