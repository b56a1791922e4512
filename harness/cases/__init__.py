"""Cases: their text, replaying them, and making them."""
