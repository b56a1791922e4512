"""One ``WorkerState`` of the installed ``distributed``, driven by the model's events."""
