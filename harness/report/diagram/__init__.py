"""The machine as a map: states, and the transitions between them."""
