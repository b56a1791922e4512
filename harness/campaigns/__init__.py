"""Many runs under one budget, with one report."""
