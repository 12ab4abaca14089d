"""Patterns in wrong answers: which entries, under which conditions, in what relation to the right ones."""
