"""The real ``Scheduler`` with real ``WorkerState`` objects, in one thread and without a network."""
