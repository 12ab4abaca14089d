"""Results files to reports. Knows the results file and nothing of how it was made."""
