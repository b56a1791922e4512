"""One worker in a hostile environment."""
