"""Systems that can be fuzzed, by name: two of ours, and what others registered."""
