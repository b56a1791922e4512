"""Systems of other people, for processes that import them: one with a bug, and worse ones.

A test writes ``SOURCE`` into the folder it works in; there they are ``strangers:Touchy`` and so on.
"""

from pathlib import Path
from typing import Final

SOURCE: Final = '''
import os
from workerfuzz.harness.subjects.reference import ReferenceSubject, ReferenceWorker
from workerfuzz.statemachine import events
from workerfuzz.statemachine.invariants import role_fits_state
from workerfuzz.statemachine.states import State
from workerfuzz.statemachine.worker import WorkerState


class Stranger(ReferenceSubject):
    """Healthy. Tells in a file which process it is in."""

    made = ReferenceWorker

    def __init__(self):
        with open("process", "w") as file:
            file.write(str(os.getpid()))

    def worker(self, config):
        return self.made(WorkerState(config))


class TouchyWorker(ReferenceWorker):
    def check(self, touched):
        for key in self.keys():
            if self.state(key) is State.MISSING:
                yield role_fits_state, f"{key} is missing"
        yield from super().check(touched)


class Touchy(Stranger):
    """Breaks a property as soon as something is missing."""

    made = TouchyWorker


class ClumsyWorker(ReferenceWorker):
    def touched(self):
        raise ZeroDivisionError("of ours")


class Clumsy(Stranger):
    """Breaks the harness."""

    made = ClumsyWorker
'''


def settle_in(folder: Path) -> None:
    """They can be imported from there."""
    (folder / "strangers.py").write_text(SOURCE, encoding="utf-8")
