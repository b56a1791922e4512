"""What may happen next: kinds of step, when they are possible, how they are drawn and written."""
