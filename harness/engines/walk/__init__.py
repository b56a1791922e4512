"""The random walk: tactics, feedback, mutation of corpus entries."""
