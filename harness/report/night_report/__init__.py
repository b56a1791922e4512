"""The night_report after: what a night came to, as a page, and for machines that show it to people."""
