"""Systems of other people, for processes that import them: one with a bug, and worse ones.

A test writes ``SOURCE`` into the folder it works in; there they are ``strangers:Touchy`` and so on.
"""

from pathlib import Path
from typing import Final

SOURCE: Final = '''
import ctypes, itertools, os, signal, sys
from workerfuzz.harness.worlds.write_ahead_log import WRITE_AHEAD_LOG
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject, ReferenceWorker
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.properties.worker.records import role_fits_state
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.worker_state import WorkerState


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


class DeadlyWorker(ReferenceWorker):
    def handle(self, event):
        if isinstance(event, events.Pause) and self.keys():
            die()
        return super().handle(event)


class Deadly(Stranger):
    """Takes its process with it when it is paused while it knows a task."""

    made = DeadlyWorker

    def worker(self, config):
        global die
        die = getattr(self, "end")
        return super().worker(config)


class Crashes(Deadly):
    def end(self):
        ctypes.string_at(0)


class Leaves(Deadly):
    def end(self):
        os._exit(0)


class Loops(Deadly):
    def end(self):
        while True:
            pass


class LoopsInside(Deadly):
    """A subject that hangs inside C code, where Python calls no signal handler."""

    def end(self):
        sum(itertools.repeat(0))


class Sleeps(Deadly):
    def end(self):
        signal.pause()


class Nests(Deadly):
    """Deeper than the limit of the interpreter."""

    def end(self):
        self.end()


class Recurses(Deadly):
    """Deeper than the stack: Python 3.11 crashes, later ones raise."""

    def end(self):
        sys.setrecursionlimit(10**9)
        repr(Deep())


class Deep:
    def __repr__(self):
        return repr(self)


class GreedyWorker(ReferenceWorker):
    def touched(self):
        if self.paused() and self.keys():
            return [bytes(1 << 28) for _ in range(1 << 10)]
        return super().touched()


class Greedy(Stranger):
    """Takes all memory when it is paused: not in a handler, whose exception would be a finding."""

    made = GreedyWorker


class SlipperyWorker(TouchyWorker):
    def __init__(self, *args):
        super().__init__(*args)
        self.handled = 0

    def handle(self, event):
        self.handled += 1
        return super().handle(event)

    def check(self, touched):
        for broken in super().check(touched):
            if self.handled < 3:
                os._exit(5)
            yield broken


class Slippery(Stranger):
    """Like Touchy, but in its first two events it ends its process instead."""

    made = SlipperyWorker


class Tired(Deadly):
    """Dies of its second worker: the steps that it dies of do not show why."""

    workers = 0

    def worker(self, config):
        Tired.workers += 1
        return super().worker(config)

    def end(self):
        if Tired.workers > 1:
            os._exit(4)


class Stillborn(Stranger):
    def __init__(self):
        print("my last words", file=sys.stderr, flush=True)
        os._exit(6)


class Slams(Stranger):
    """Ends its process when a world is closed, behind the first run and behind the second."""

    def worker(self, config):
        over = WRITE_AHEAD_LOG.over

        def slam():
            over()
            run = int(WRITE_AHEAD_LOG.about.split()[1])
            if run < 2:
                os._exit(7)

        WRITE_AHEAD_LOG.over = slam
        return super().worker(config)


class Killed(Deadly):
    """Once in a while, by somebody else."""

    def end(self):
        if os.getppid() == int(os.environ["WORKERFUZZ_TEST_PARENT"]):
            os.kill(os.getpid(), signal.SIGKILL)
'''


def settle_in(folder: Path) -> None:
    """They can be imported from there."""
    (folder / "strangers.py").write_text(SOURCE, encoding="utf-8")
