"""Kinds of step: their data, their text, when they are possible, how they are drawn."""
