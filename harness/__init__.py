"""Running, recording, shrinking, replaying, reporting. Nothing here decides what is correct."""
