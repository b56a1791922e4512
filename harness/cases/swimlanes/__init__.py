"""Message charts of cases: one chart, from which everything is drawn."""
