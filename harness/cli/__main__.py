"""``python -m workerfuzz.harness.cli``."""

from workerfuzz.harness.cli import main

main()
