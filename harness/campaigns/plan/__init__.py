"""The plan of a shard: what to fuzz, for how long, with which seed."""
