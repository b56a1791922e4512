"""What surrounds a worker: the only thing that engines talk to."""
