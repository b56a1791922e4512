"""A worker of a cluster: Dask's ``Worker`` around its state machine, without a process.

Source: distributed 2026.8.0, worker.py, Worker.execute and the handlers around it.
"""

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from workerfuzz.harness.subjects.cluster_protocol import Action, Envelope
from workerfuzz.harness.subjects.dask.cluster.messages import TO_WORKER, Message
from workerfuzz.harness.subjects.dask.conversion import DROPPED, READERS, AlreadyCancelled, spec_of
from workerfuzz.harness.subjects.dask.failures import describe
from workerfuzz.harness.subjects.dask.instrumentation import DaskObject, Name, address, named
from workerfuzz.harness.subjects.dask.releases import DaskRelease
from workerfuzz.harness.subjects.dask.worker.worker import DaskWorker
from workerfuzz.harness.subjects.protocol import SubjectRaised
from workerfuzz.statemachine.worker import events as ev
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.task import TaskSpec

#: States of a task whose thread begins, after its ``Execute``; ``Worker.execute`` asserts it.
_MAY_BEGIN: Final = frozenset({"executing", "cancelled", "resumed"})

#: States in which ``Worker.execute`` logs as an error that the thread could not begin.
_LOGGED: Final = frozenset({"executing", "long-running"})

#: Entries of the worker's log that are longer, without their key, are transitions.
_TRANSITION: Final = 3

#: Events that end a thread.
_ENDS: Final = (ev.ExecuteSuccess, ev.ExecuteFailure, ev.Reschedule)

#: Status that a worker tells the scheduler.
_STATUS: Final[Mapping[type[ev.Event], str]] = {ev.Pause: "paused", ev.Unpause: "running"}

#: A task takes at least so long before it secedes: no clock shows that no time has passed.
_SHORTEST_S: Final = 0.001


class RefusingStore(dict[str, object]):
    """Values of a worker, by key; it may be told to refuse some."""

    refused: Collection[str] = ()

    def __setitem__(self, key: str, value: object) -> None:
        if key in self.refused:
            raise OSError("No space left on device")
        super().__setitem__(key, value)

    @contextmanager
    def refusing(self, *keys: str) -> Iterator[None]:
        """While this lasts, these keys cannot be stored."""
        self.refused = keys
        try:
            yield
        finally:
            self.refused = ()


class ClusterWorker(DaskWorker):
    """A worker that takes messages, and collects its messages and its instructions.

    Attributes:
        name: of the worker in cases.
        messages: to the scheduler, since they were last taken.
        actions: instructions to its environment, likewise; with the name of the worker.
        refused: copies that it might have dropped, and kept, since these were last taken; with the
            tasks that take each, and their states.
        counts_resources: it has some, and its release does not check them (before 2022.7.1).
    """

    def __init__(
        self, release: DaskRelease, name: str, config: WorkerConfig, *, validate: bool
    ) -> None:
        super().__init__(release, config, validate=validate)
        self.name = name
        self.address = address(name)
        self.machine.address = self.address
        self.machine.data = RefusingStore()
        self.messages: list[Message] = []
        self.actions: list[tuple[str, Action]] = []
        self.refused: list[tuple[str, dict[str, str]]] = []
        self.counts_resources = bool(config.resources) and not hasattr(
            self.machine, "_validate_resources"
        )
        self._requests = 0
        self._not_to_run: dict[str, None] = {}

    # What happens

    def handle_messages(self, envelope: Envelope) -> None:
        """Handle messages of the scheduler. Raises ValueError: one that no worker knows."""
        for message in envelope.messages:
            assert isinstance(message, dict)
            self._handle_message(message)

    def _handle_message(self, message: Message) -> None:
        fields = message.copy()
        op = fields.pop("op")
        if op == "worker-status-change":
            self._change_status(message["status"])
            return
        if op not in TO_WORKER:
            raise ValueError(f"a worker is sent an unknown message {op!r}")
        if op == "compute-task":
            self._requests += 1
            self._run_ids[str(message["key"])] = fields.get("run_id", self._requests)
            for name in ("run_spec", "task"):
                if name in fields:
                    fields[name] = spec_of(fields[name])
        self.handle_stimulus(getattr(self.release.module, TO_WORKER[op])(**fields))
        if op == "remove-replicas":
            self.refused += (
                (str(key), self._users(key)) for key in fields["keys"] if self._keeps(key)
            )

    def _change_status(self, status: str) -> None:
        """Source: distributed 2026.8.0, worker.py, Worker.status, as the scheduler wants it."""
        self._events += 1
        stimulus_id = f"worker-status-change-{self._events}"
        self.messages.append(
            {"op": "worker-status-change", "status": status, "stimulus_id": stimulus_id}
        )
        is_running = status == "running"
        if self.machine.running is not is_running:
            stimulus = self.stimulus(ev.Unpause() if is_running else ev.Pause())
            self.handle_stimulus(stimulus)

    def handle_event(self, event: ev.Event) -> None:
        """Handle one of our events, of those that do not come from the scheduler.

        A thread that found its task cancelled says so, some time later, however it would have ended.
        """
        if isinstance(event, ev.Secede) and event.key in self._not_to_run:
            return
        if isinstance(event, _ENDS) and event.key in self._not_to_run:
            del self._not_to_run[event.key]
            event = AlreadyCancelled(key=event.key)
        self._last_event = type(event).__name__
        self._events += 1
        if type(event) in _STATUS:
            stimulus_id = f"worker-status-change-{self._events}"
            status = _STATUS[type(event)]
            self.messages.append(
                {"op": "worker-status-change", "status": status, "stimulus_id": stimulus_id}
            )
        if isinstance(event, ev.Secede):
            duration_s = max(event.compute_duration_s, _SHORTEST_S)
            event = dataclasses.replace(event, compute_duration_s=duration_s)
        stimulus = self.stimulus(event)
        if stimulus is not None:
            self.handle_stimulus(stimulus)

    def begin(self, key: str) -> tuple[do.Execute | None, str]:
        """Return the task of a thread that ``Worker.execute`` starts, or why there is none.

        Raises:
            SubjectRaised: the worker forgot a task that it wanted to run, and breaks.
        """
        known_to_cancel = "AlreadyCancelledEvent" in self.release.fields
        task = self.machine.tasks.get(named(key))
        if task is None:
            if known_to_cancel:
                return None, ""
            raise SubjectRaised(f"there is nothing to execute for {key}") from KeyError(key)
        if known_to_cancel and task.state == "cancelled":
            self._not_to_run[key] = None
            return do.Execute(key=key, run_id=0, spec=TaskSpec(key=key), inputs={}), ""
        run_id = self._run_id(key, task)
        try:
            if self._validate:
                allowed = {"executing"} if known_to_cancel else _MAY_BEGIN
                assert not task.waiting_for_data
                assert task.state in allowed
            assert task.run_spec is not None
            inputs = {str(dep.key): self._input(dep.key) for dep in task.dependencies}
        except (AssertionError, KeyError) as error:
            text = describe(error) if known_to_cancel or task.state in _LOGGED else ""
            if text and self._was_revived(key):
                text += ", of a task that had been cancelled"
            self.handle_event(ev.ExecuteFailure(key=key, run_id=run_id, exception=describe(error)))
            return None, text
        return self._execute(key, task, inputs), ""

    def fail_to_store(self, key: str, run_id: int) -> None:
        """Handle a success whose value cannot be stored.

        A task that the worker takes for an actor is not stored, whatever its content is by now: it
        fails to be made.
        """
        if named(key) in self.machine.actors:
            self.handle_event(ev.ExecuteFailure(key=key, run_id=run_id))
            return
        with self.machine.data.refusing(key):
            self.handle_event(ev.ExecuteSuccess(key=key, run_id=run_id, value=None))

    def overflow(self, peer: str, values: Mapping[str, object]) -> None:
        """Handle a transfer whose values cannot be stored."""
        with self.machine.data.refusing(*values):
            self.handle_event(ev.GatherDepSuccess(worker=peer, values=values))

    def get_data(self, keys: Sequence[str]) -> Mapping[str, object]:
        """Return the values for a peer that asks now; of an actor, as soon as it is to be made here."""
        found: dict[str, object] = {}
        for key in keys:
            for kept in (self.machine.data, self.machine.actors):
                if named(key) in kept:
                    found[key] = kept[Name(key)]
                    break
        return found

    def handle_stimulus(self, stimulus: DaskObject) -> None:
        """Handle one of Dask's own events."""
        self.machine.transition_counter = 0  # the limit is for one event, not for the whole run
        for stimulu in self.machine.handle_stimulus(stimulus):
            kind = type(stimulu).__name__
            if hasattr(stimulu, "to_dict"):
                self.messages.append(stimulu.to_dict())
            elif kind == "Execute":
                self.actions.append((self.name, self._issued(str(stimulu.key))))
            elif kind not in DROPPED:
                action = READERS[kind].read(stimulu, self)
                if isinstance(action, do.GatherDep):
                    self._asked_nbytes[action.worker] = action.total_nbytes
                assert isinstance(action, do.GatherDep | do.RetryBusyWorkerLater)
                self.actions.append((self.name, action))

    # What is known

    def _keeps(self, key: str) -> bool:
        task = self.machine.tasks.get(named(key))
        return task is not None and task.state == "memory"

    def _users(self, key: str) -> dict[str, str]:
        """Return the tasks that take a key, with their states."""
        return {
            str(dependent.key): str(dependent.state)
            for dependent in self.machine.tasks[named(key)].dependents
        }

    def _run_id(self, key: str, task: DaskObject) -> int:
        run_id = getattr(task, "run_id", None)
        return self.last_run_id(key) if run_id is None else run_id

    def _was_revived(self, key: str) -> bool:
        """Return whether it last began to execute as a cancelled task that had kept its thread."""
        for what, *move in reversed(self.machine.log):  # (key, start, recommended, finish, ...)
            if what == named(key) and len(move) > _TRANSITION and str(move[2]) in _LOGGED:
                return bool(move[0] == "cancelled")
        return False

    def _input(self, key: Name) -> object:
        actors = self.machine.actors
        return actors[key] if key in actors else self.machine.data[key]

    def _issued(self, key: str) -> do.Execute:
        """Return the instruction to begin a thread, which looks up its inputs when it does."""
        return self._execute(key, self.machine.tasks[named(key)], {})

    def _execute(self, key: str, task: DaskObject, inputs: dict[str, object]) -> do.Execute:
        return do.Execute(
            key=key,
            run_id=self._run_id(key, task),
            spec=spec_of(task.run_spec) or TaskSpec(key=key),
            inputs=dict(sorted(inputs.items())),
        )
