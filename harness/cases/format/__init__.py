"""The text format of cases and corpus entries: parsing, formatting, reading and saving."""
