"""Mutation testing: generated changes of the code under test, and the share that a walk notices."""
