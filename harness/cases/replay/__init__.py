"""Replaying cases, and recording them from the steps of a run."""
