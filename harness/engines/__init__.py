"""Who chooses the next step, and who takes steps away again."""
