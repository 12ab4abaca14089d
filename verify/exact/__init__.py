"""Exact arithmetic for the same two programs: residues in a random prime field, balls, dual numbers."""
