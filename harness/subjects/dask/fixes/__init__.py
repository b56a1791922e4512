"""Trial fixes: small patches on the installed distributed, in memory, one for each known defect."""
