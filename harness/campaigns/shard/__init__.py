"""A shard: the runs of one seed, and the result they add up to."""
