"""Findings: what engines find, from the violation to the case on the disk."""
