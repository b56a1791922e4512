"""Known bugs behind which a run goes on, since the world is still sound: they hide nothing then."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias

from workerfuzz.harness.worlds.violation import Violation

#: Returns what of a violation ends the run; None: nothing.
Remainder: TypeAlias = Callable[[Violation], Violation | None]


def everything(violation: Violation) -> Violation:
    """Every violation ends its run."""
    return violation


class GoingOn:
    """Decides which violations of this process end their run.

    Never asked about a call that does not return, or an exception in a handler: what would follow is
    their aftermath.
    """

    def __init__(self) -> None:
        self.remainder: Remainder = everything

    @contextmanager
    def behind(self, remainder: Remainder) -> Iterator[None]:
        """While this lasts, only what remains of a violation ends its run."""
        before, self.remainder = self.remainder, remainder
        try:
            yield
        finally:
            self.remainder = before


#: Of this process.
GOING_ON: Final = GoingOn()
