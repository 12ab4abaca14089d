"""Mistakes planted in copies of `manual_bp`: a table of them, and ways to run the ledger on a copy."""
