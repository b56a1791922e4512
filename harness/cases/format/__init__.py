"""The text format of cases and corpus entries, and their files."""
