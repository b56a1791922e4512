"""The models of worker and scheduler. Standard library only; no I/O, clock, chance or hash order."""
