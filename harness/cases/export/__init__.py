"""Exporting a case as a test that imports nothing of ours."""
