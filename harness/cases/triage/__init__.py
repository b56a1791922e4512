"""Identifying bugs: signatures, severity, and the cases of known bugs."""
