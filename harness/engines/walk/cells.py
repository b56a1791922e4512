"""Cells: configurations of one key on one worker, and an archive of runs that reached them.

Bugs between the parties of a cluster need a rare configuration of one key, and then one event. A run
that reached a cell first, or in fewer steps than others, is kept up to there; the tactic ``returned``
takes it again and goes on from there (Ecoffet et al., "First return, then explore", Nature 590, 2021).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from workerfuzz.harness.engines.walk.habits import Focus
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.scopes import AnyRunConfig, World
from workerfuzz.statemachine.properties.view import WorkerView
from workerfuzz.statemachine.worker.states import State
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.worker import Step

#: There is no record of the key.
ABSENT: Final = "-"

#: States in which a worker is about to compute a task, or does.
COMPUTING: Final = frozenset(
    {"waiting", "ready", "constrained", "executing", "long-running", "rescheduled"}
)

#: States in which a worker holds something for another purpose, or nothing that anybody waits for.
LEFT_OVER: Final = frozenset({"cancelled", "resumed", "missing", "error"})

#: So many of four returns go to a cell in which parties disagree or something is left over.
ODD_OF_FOUR: Final = 3

#: States of a task on the scheduler in which its inputs are needed.
UNFINISHED: Final = frozenset({"waiting", "queued", "no-worker", "processing"})

#: States that tell what is held, and what comes next.
HOLDING: Final = frozenset({State.CANCELLED, State.RESUMED})

#: Steps behind a return: between these.
TAIL: Final = (10, 100)


class Cell(NamedTuple):
    """The configuration of a key on a worker.

    Attributes:
        scheduler: state of its task there; ``-`` where there is none.
        wanted: by a ``client``, by a ``reader`` alone, or by nobody.
        role: what the scheduler takes the worker for: ``processing``, ``holder``, or neither.
        elsewhere: states on other workers, each once, sorted.
        worker: its state there; with what is held and what comes next: ``resumed(flight, waiting)``.
        thread: ``issued``, ``running``, ``seceded``, or none.
        reader: a task that takes it is executing there, waits there, or neither.
    """

    scheduler: str
    wanted: str
    role: str
    elsewhere: tuple[str, ...]
    worker: str
    thread: str
    reader: str

    @property
    def is_odd(self) -> bool:
        """Scheduler and worker disagree, or something is left over."""
        state = self.worker.partition("(")[0]
        return (
            state in LEFT_OVER
            or (state == "memory") != (self.role == "holder")
            or (state in COMPUTING) != (self.role == "processing")
            or (bool(self.thread) and self.role != "processing")
        )


@dataclass(slots=True)
class Reached:
    """A way to a cell: the first steps of a run.

    Attributes:
        steps: of the whole run; it may go on behind the cell.
        depth: number of steps that lead there.
        returns: number of runs that returned to it.
        visits: number of steps that led to it.
    """

    cell: Cell
    run_config: AnyRunConfig
    steps: Sequence[Step]
    depth: int
    focus: Focus
    returns: int = 0
    visits: int = 1


@dataclass(slots=True)
class CellArchive:
    """Cells that runs reached, and the shortest way to each so far. An observer of worlds.

    Attributes:
        odd: cells to return to in which parties disagree or something is left over.
        plain: the others.
    """

    reached: dict[Cell, Reached] = field(default_factory=dict)
    odd: list[Cell] = field(default_factory=list)
    plain: list[Cell] = field(default_factory=list)

    def observe(self, world: World, step: Step | None) -> None:
        """Note the cells of the keys that a step changed."""
        if step is None or not isinstance(world, ClusterWorld):
            return
        for cell, focus in cells(world):
            known = self.reached.get(cell)
            if known is None:
                (self.odd if cell.is_odd else self.plain).append(cell)
                self.reached[cell] = Reached(
                    cell, world.run_config, world.steps, len(world.steps), focus
                )
                continue
            known.visits += 1
            if known.depth > len(world.steps):
                known.run_config, known.steps = world.run_config, world.steps
                known.depth, known.focus = len(world.steps), focus

    @property
    def has_any(self) -> bool:
        """There is a cell to return to."""
        return bool(self.odd or self.plain)

    def pick(self, chooser: Chooser) -> Reached:
        """A cell to return to: of two, the one to which fewer runs returned."""
        odd = not self.plain or (bool(self.odd) and chooser.integer(1, 4) <= ODD_OF_FOUR)
        among = self.odd if odd else self.plain
        one, other = (among[chooser.integer(0, len(among) - 1)] for _ in range(2))
        reached = min((self.reached[one], self.reached[other]), key=lambda reached: reached.returns)
        reached.returns += 1
        return reached

    def abandon(self, reached: Reached) -> None:
        """Return to a cell no more: its runs end in a bug that was found before."""
        among = self.odd if reached.cell.is_odd else self.plain
        if reached.cell in among:
            among.remove(reached.cell)


def cells(world: ClusterWorld) -> Iterator[tuple[Cell, Focus]]:
    """Yield the cells of the keys that the last step changed, on each worker that is there."""
    keys = dict.fromkeys(transition.key for transition in world.transitions)
    if not keys:
        return
    cluster, needs = world.cluster, world.client_model.needs
    views = {worker: cluster.worker(worker) for worker in world.present}
    for key in keys:
        state = cluster.state(key) or ABSENT
        holders = cluster.holders(key) if state != ABSENT else ()
        readers = [reader for reader, inputs in needs.items() if key in inputs]
        wanted = (
            "client"
            if any(key in wants for wants in world.client_model.wants.values())
            else (
                "reader" if any(cluster.state(reader) in UNFINISHED for reader in readers) else ""
            )
        )
        states = {worker: state_on(view, key) for worker, view in views.items()}
        for worker, view in views.items():
            role = "holder" if worker in holders else ""
            if key in cluster.processing(worker):
                role = "processing"
            others = {found for other, found in states.items() if other != worker}
            yield (
                Cell(
                    state,
                    wanted,
                    role,
                    tuple(sorted(others)),
                    states[worker],
                    thread(world, worker, key),
                    reading([view.state(reader) for reader in readers]),
                ),
                Focus(key, worker),
            )


def state_on(view: WorkerView, key: str) -> str:
    """State of a task on a worker, in a word."""
    state = view.state(key)
    if state not in HOLDING:
        return str(state or ABSENT)
    return f"{state}({view.previous(key)}, {view.next(key)})"


def thread(world: ClusterWorld, worker: str, key: str) -> str:
    """The stage of a thread for a key."""
    pair = (worker, key)
    if pair in world.issued:
        return "issued"
    if pair not in world.running:
        return ""
    return "running" if pair in world.slotted else "seceded"


def reading(states: Sequence[State | None]) -> str:
    """The use that the readers of a key make of it on a worker."""
    if State.EXECUTING in states:
        return "executing"
    return "waiting" if State.WAITING in states else ""
