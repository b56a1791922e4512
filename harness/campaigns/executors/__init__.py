"""Executors of shards: processes of this machine, of another environment, or of a Dask cluster."""
