"""Who said what to whom in a case: one chart, and everything that is drawn comes from it."""
