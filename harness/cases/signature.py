"""What two findings have in common when they are the same bug."""

from typing import NamedTuple

from workerfuzz.harness.worlds.violation import Violation


class Signature(NamedTuple):
    """Compared for equality.

    Attributes:
        property: name of the property that was broken.
        exception: type of what the subject raised; empty where it raised nothing.
    """

    property: str
    exception: str = ""

    def __str__(self) -> str:
        return f"{self.property} ({self.exception})" if self.exception else self.property


def signature(violation: Violation) -> Signature:
    """The signature of one violation."""
    raised = violation.__cause__
    return Signature(violation.property, type(raised).__name__ if raised is not None else "")
