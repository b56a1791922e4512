"""Exhaustive exploration of small universes."""
