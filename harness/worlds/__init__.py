"""Worlds: a subject together with its environment; the only thing that engines talk to."""
