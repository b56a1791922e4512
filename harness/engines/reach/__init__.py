"""Search for a way to a configuration of a cluster."""
