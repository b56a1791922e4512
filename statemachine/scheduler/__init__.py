"""The model of a scheduler: its tasks, workers and clients, its messages, and its decisions.

Only ``machine`` puts the parts together.
"""
