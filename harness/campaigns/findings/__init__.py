"""Findings: what a campaign found, deduplicated and kept as case files."""
