"""Claims about the reference worker, which see all of its tables and each of its transitions."""
