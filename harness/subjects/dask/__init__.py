"""The installed ``distributed`` as a subject. Nothing else in ``subjects`` imports Dask."""
