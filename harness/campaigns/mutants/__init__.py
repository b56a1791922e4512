"""Planted bugs: each changes one small thing in the reference worker, and a property must notice."""
