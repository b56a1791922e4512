"""Engines that choose the next step of a run, and the shrinker that removes steps."""
