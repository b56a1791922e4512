"""The reference models as subjects: one worker, or a scheduler with its workers."""
