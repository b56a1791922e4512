"""Diagnosis of a cluster by a dump of its state: who waits for what, and what contradicts what."""
