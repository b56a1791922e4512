"""The Hypothesis state machines that pytest users see, and their profiles."""
