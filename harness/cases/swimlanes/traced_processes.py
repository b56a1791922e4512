"""Processes that take notes of what is written to connections, and when it arrives."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Self

from workerfuzz.harness.cases.swimlanes.chart import ArrowKind, LaneRole, SpanKind
from workerfuzz.harness.cases.swimlanes.trace import Sent, Trace
from workerfuzz.harness.cases.swimlanes.traced_cluster import SURROUNDINGS, client_tables, states
from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER
from workerfuzz.harness.subjects.process_protocol import ProcessSystem, pipe_ends, way_back
from workerfuzz.harness.subjects.tables import Tables, filled
from workerfuzz.harness.worlds.process.drain import ROUTINE
from workerfuzz.harness.worlds.process.effect import ProcessEffect
from workerfuzz.harness.worlds.process.world import ProcessWorld
from workerfuzz.strategies.process.run_config import ProcessRunConfig
from workerfuzz.strategies.worker import Step


class TracedProcesses(ProcessWorld):
    """A ``ProcessWorld`` with notes.

    Attributes:
        under_way: what was written to each pipe and has not arrived; None for what is not drawn.
    """

    def __init__(
        self, subject: ProcessSystem, run_config: ProcessRunConfig, *, tables: bool
    ) -> None:
        trace = self.trace = Trace(run_config.keys)
        self.under_way: dict[str, deque[Sent | None]] = {}
        trace.joins(SCHEDULER, LaneRole.SCHEDULER)
        for client in run_config.clients:
            trace.joins(client, LaneRole.CLIENT)
        super().__init__(subject, run_config)
        for worker in self.present:
            trace.joins(worker, LaneRole.WORKER)
        trace.look = lambda: (states(self), process_tables(self) if tables else {})

    def step(self, step: Step | None, action: Callable[[Self], object]) -> ProcessEffect:
        self.trace.begin(step)
        self.trace.doing(lane_of(step), step or "everything arrives")
        threads, present = {*self.running}, {*self.present}
        try:
            effect = super().step(step, action)
        finally:
            self.note_traffic()
            self.note_changes(threads, present)
        self.trace.settle(over=True)
        return effect

    def cut(self, pipe: str) -> None:
        """Cut a connection, and note what is lost."""
        for name in (pipe, way_back(pipe)):
            for sent in filter(None, self.under_way.get(name, ())):
                self.trace.loses(sent)
            self.under_way[name] = deque([None])  # its end
        super().cut(pipe)

    def note_traffic(self) -> None:
        """Note what was written and what was delivered."""
        for pipe, words in self.effect.traffic:
            waiting = self.under_way.setdefault(pipe, deque())
            if words is not None:
                is_drawn = words and not words.startswith(ROUTINE)
                sent = (
                    self.trace.sends(ArrowKind.MESSAGE, *pipe_ends(pipe), [words])
                    if is_drawn
                    else None
                )
                waiting.append(sent)
            elif waiting and (sent := waiting.popleft()) is not None:
                self.trace.arrives(sent)

    def note_changes(self, threads: set[tuple[str, str]], present: set[str]) -> None:
        """Note threads that began and ended, and workers that came and went."""
        for worker, key in sorted({*self.running} - threads):
            self.trace.lasts(SpanKind.THREAD, worker, key, [key])
        for worker, key in sorted(threads - {*self.running}):
            self.trace.ends(SpanKind.THREAD, worker, key, "ended")
        for worker in sorted({*self.present} - present):
            self.trace.joins(worker, LaneRole.WORKER)
        for worker in sorted(present - {*self.present}):
            self.trace.all_end(worker, "gone")
            self.trace.leaves(worker)


def lane_of(step: Step | None) -> str:
    """Return the participant that a step is about first."""
    peers = step.peers() if step is not None else ()
    return peers[-1] if peers else SCHEDULER


def process_tables(world: TracedProcesses) -> Mapping[str, Tables]:
    """Return the tables of each participant that are not empty."""
    found: dict[str, Tables] = dict(client_tables(world.client_model))
    found |= {name: world.cluster.tables(name) for name in (SCHEDULER, *world.present)}
    found[SURROUNDINGS] = filled(
        {
            "pipes": dict.fromkeys(world.pipes, ""),
            "threads": {f"{worker} {key}": "" for worker, key in world.running},
        }
    )
    return {name: tables for name, tables in found.items() if tables}
