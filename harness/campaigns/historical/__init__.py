"""The zoo: real bugs of released systems, and whether the harness finds them by itself."""
