"""The subject ``dask`` at the scope of processes: all of it in one thread, under simulation."""
