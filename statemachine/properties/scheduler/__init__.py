"""Claims about the reference scheduler, which see all of its tables."""
