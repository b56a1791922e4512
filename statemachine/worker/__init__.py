"""The model of one worker: its tasks, the transitions between their states, and its events."""
