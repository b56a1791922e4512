"""Debugging a replay in which the subject raised."""

import pdb
import sys

from workerfuzz.harness.cases.triage.signature import root
from workerfuzz.harness.worlds.violation import Violation


def debug(violation: Violation) -> None:
    """Stop at the exception of the subject, in the frame that raised it; its world is still open."""
    if violation.__cause__ is None:
        said = f"{violation.property}: the subject raised nothing, so --pdb stops nowhere"
        sys.stderr.write(f"workerfuzz: {said}\n")
        return
    raised = root(violation.__cause__)
    sys.stdout.write(f"{type(raised).__name__}: {raised}\n")
    pdb.post_mortem(raised.__traceback__)
