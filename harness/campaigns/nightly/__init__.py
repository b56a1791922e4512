"""Nightly campaigns: their phases, the folder they write, and resuming them."""
