"""Planted bugs: each changes one small thing in the reference worker; a property must notice."""
