"""Shrinking runs to the steps that matter, and writing the result."""
