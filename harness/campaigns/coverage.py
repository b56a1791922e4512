"""What a campaign has reached of all that there is to reach: the *sometimes* properties."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from workerfuzz.harness.worlds.worker import WorkerWorld
from workerfuzz.statemachine.states import State
from workerfuzz.statemachine.table import COMPOUND, DETOURS, TRANSITIONS, Edge
from workerfuzz.statemachine.task import Change
from workerfuzz.strategies.steps import WORKER_STEPS, Step


@dataclass(slots=True)
class Coverage:
    """Counts of what happened, read from the stories as they are written.

    Attributes:
        edges: transitions, by (start, finish).
        detours: pairs that went through released, by (start, finish).
        compounds: (state, previous, next) of cancelled and resumed as they stood after a step.
        kinds: steps, by their word.
        suspicions: keys that erred because they could not be copied.
    """

    edges: Counter[Edge] = field(default_factory=Counter)
    detours: Counter[Edge] = field(default_factory=Counter)
    compounds: Counter[tuple[State, State | None, State | None]] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    suspicions: int = 0
    _left: dict[str, State] = field(default_factory=dict)

    def observe(self, world: WorkerWorld, step: Step | None) -> None:
        """Told of every event; an ``Observer``."""
        if step is not None:
            self.kinds[step.word] += 1
        view = world.view
        for key, change in view.changes():
            self._note(key, change)
        for key in view.touched():
            state = view.state(key)
            if state is State.CANCELLED or state is State.RESUMED:
                self.compounds[state, view.previous(key), view.next(key)] += 1

    def _note(self, key: str, change: Change) -> None:
        self.edges[change.start, change.finish] += 1
        if change.toward is not change.finish:
            self._left[key] = change.start
        elif key in self._left:
            self.detours[self._left.pop(key), change.finish] += 1
        if (change.start, change.finish) == (State.FLIGHT, State.ERROR):
            self.suspicions += 1

    def add(self, other: "Coverage") -> None:
        """Take in what another one counted."""
        self.edges.update(other.edges)
        self.detours.update(other.detours)
        self.compounds.update(other.compounds)
        self.kinds.update(other.kinds)
        self.suspicions += other.suspicions

    def reached(self) -> int:
        return len(TRANSITIONS.keys() & self.edges.keys())

    def unreached(self) -> Iterator[str]:
        """The *sometimes* properties that do not hold yet, in words."""
        states = {finish for _, finish in self.edges}
        yield from (f"state {state}" for state in State if state not in states)
        for start, finish in TRANSITIONS:
            if (start, finish) not in self.edges:
                yield f"edge {start} -> {finish}"
        for start, finish in DETOURS:
            if (start, finish) not in self.detours:
                yield f"detour {start} -> {finish}"
        for state, previous, following in sorted(COMPOUND, key=str):
            if (state, previous, following) not in self.compounds:
                yield f"{state} holding {previous}, then {following or 'nothing'}"
        for kind in WORKER_STEPS:
            if not self.kinds[kind.word]:
                yield f"step {kind.word}"
        if not self.suspicions:
            yield "a key that errs because it could not be copied"
