"""Whole processes and their environment."""
