"""The record of one worker: tasks, data, threads, transfers; and the writes that keep them consistent.

Every index follows from the tasks' states, in ``move`` and nowhere else; ``invariants`` says how.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from workerfuzz.statemachine.worker.config import WorkerConfig, remaining
from workerfuzz.statemachine.worker.event_record import NOTHING
from workerfuzz.statemachine.worker.journal import Journal
from workerfuzz.statemachine.worker.queue import TaskQueue
from workerfuzz.statemachine.worker.states import HOLDING, NEEDS_INPUTS, USES_INPUTS, State
from workerfuzz.statemachine.worker.task import LAST, Execution, Priority, TaskState, Transition

#: How the worker calls itself.
ADDRESS: Final = "self"


@dataclass(frozen=True, slots=True)
class Transfer:
    """Keys requested from one peer. ``nbytes``: their size in bytes, as far as known."""

    keys: tuple[str, ...]
    nbytes: int


class WorkerState:
    """The record of one worker. Only ``machine.handle_stimulus`` changes it.

    Dicts with None as values are sets without an order.

    Attributes:
        tasks: every record, by key.
        data: stored values, by key; ``actors`` holds those that were made here and stay here.
        ready, constrained: keys that wait for a thread, and for resources.
        data_needed: keys in fetch, by each peer that holds them.
        has_what: keys with a record that a peer holds, by peer; the reverse of ``who_has``.
        transfers: open transfers, by peer; one per peer.
        in_flight: keys that hold a transfer.
        executing: keys that hold a thread and its slot; ``long_running`` left the slot.
        missing: keys in missing.
        busy_workers: peers that are not to be asked until ``RetryBusyWorker``.
        incoming_nbytes: total size of open transfers, in bytes.
        last_run_id: of the latest compute request.
        changes: what the last event changed: (key, transition), in order.
        touched: keys that the last event was about, or that were looked at because of it.
        last: the last event, for those who judge what it did.
    """

    def __init__(self, config: WorkerConfig | None = None) -> None:
        self.config: Final = config or WorkerConfig()
        self.tasks: dict[str, TaskState] = {}
        self.data: dict[str, object] = {}
        self.actors: dict[str, object] = {}
        self.ready = TaskQueue()
        self.constrained = TaskQueue()
        self.data_needed: dict[str, TaskQueue] = {}
        self.has_what: dict[str, dict[str, None]] = {}
        self.transfers: dict[str, Transfer] = {}
        self.in_flight: dict[str, None] = {}
        self.executing: dict[str, None] = {}
        self.long_running: dict[str, None] = {}
        self.missing: dict[str, None] = {}
        self.busy_workers: dict[str, None] = {}
        self.available_resources: dict[str, float] = dict(self.config.resources)
        self.incoming_nbytes = 0
        self.paused = False
        self.last_run_id = 0
        self.changes: list[tuple[str, Transition]] = []
        self.touched: dict[str, None] = {}
        self.last = NOTHING
        self.journal = Journal()
        self._cause = ("", State.RELEASED)

    def copy(self) -> "WorkerState":
        """A worker of its own that continues alike (D3). Stored values are shared with it."""
        other = WorkerState(self.config)
        other.tasks = {key: task.copy() for key, task in self.tasks.items()}
        other.data_needed = {peer: queue.copy() for peer, queue in self.data_needed.items()}
        other.has_what = {peer: keys.copy() for peer, keys in self.has_what.items()}
        for name in COPIED:
            setattr(other, name, getattr(self, name).copy())
        other.incoming_nbytes = self.incoming_nbytes
        other.paused = self.paused
        other.last_run_id = self.last_run_id
        other._cause = self._cause
        return other

    def story(self, key: str) -> tuple[Transition, ...]:
        """Every transition of the record of a key, oldest first (R46)."""
        task = self.tasks.get(key)
        return tuple(task.history) if task is not None else ()

    def inputs_are_here(self, task: TaskState) -> bool:
        """Nothing is waited for; derived from the content, always (R44)."""
        data, actors = self.data, self.actors
        return all(key in data or key in actors for key in task.dependencies)

    def is_in_use(self, task: TaskState) -> bool:
        """A task here waits for its value, or runs with it."""
        return bool(task.needed_by) or any(
            task.key in runner.dependencies
            for runner in map(self.tasks.__getitem__, (*self.executing, *self.long_running))
            if runner.state in USES_INPUTS
        )

    # Records and holders

    def ensure(self, key: str) -> TaskState:
        """The record of a key, made where there is none."""
        task = self.tasks.get(key)
        if task is None:
            task = TaskState(key)
            self.journal.put(self.tasks, key, task)
        return task

    def forget(self, task: TaskState) -> None:
        """Remove a record that holds nothing."""
        for peer in list(task.who_has):
            self.drop_holder(task, peer)
        self.journal.drop(self.tasks, task.key)

    def set_holders(self, task: TaskState, peers: Iterable[str]) -> None:
        """Replace what is known of who holds a key; the worker itself is nobody's peer."""
        now = dict.fromkeys(peer for peer in peers if peer != ADDRESS)
        for peer in [peer for peer in task.who_has if peer not in now]:
            self.drop_holder(task, peer)
        for peer in now:
            if peer not in task.who_has:
                self._add_holder(task, peer)

    def _add_holder(self, task: TaskState, peer: str) -> None:
        write = self.journal
        write.put(task.who_has, peer, None)
        if peer not in self.has_what:
            write.put(self.has_what, peer, {})
        write.put(self.has_what[peer], task.key, None)
        if task.state is State.FETCH:
            self._enqueue_at(peer, task)

    def drop_holder(self, task: TaskState, peer: str) -> None:
        """A peer does not hold a key, as it turned out; nothing happens where that was known."""
        if peer not in task.who_has:
            return
        write = self.journal
        write.drop(task.who_has, peer)
        write.drop(self.has_what[peer], task.key)
        if not self.has_what[peer]:
            write.drop(self.has_what, peer)
        if task.state is State.FETCH:
            self._dequeue_at(peer, task)

    # The one write of a state, and the indexes that follow from it

    def set_cause(self, event: str, finish: State) -> None:
        """Say what the next moves are for: the event, and the state that is to be reached."""
        self._cause = (event, finish)

    def move(self, task: TaskState, finish: State) -> None:
        """Write the state of a task, and every index that depends on it."""
        write, start, (event, target) = self.journal, task.state, self._cause
        if start in LEAVE:
            LEAVE[start](self, task)
        if start in HOLDING and finish not in HOLDING:
            self._give_back(task)
        if start in NEEDS_INPUTS and finish not in NEEDS_INPUTS:
            self._withdraw_needs(task)
        write.set(task, "state", finish)
        change = Transition(event, start, finish, target)
        write.append(task.history, change)
        write.append(self.changes, (task.key, change))
        if finish in NEEDS_INPUTS and start not in NEEDS_INPUTS:
            self._register_needs(task)
        if finish in ENTER:
            ENTER[finish](self, task)

    def _register_needs(self, task: TaskState) -> None:
        for key in task.dependencies:
            self.journal.put(self.ensure(key).needed_by, task.key, None)
        self.raise_priority_of_inputs(task)

    def _withdraw_needs(self, task: TaskState) -> None:
        for key in task.dependencies:
            self.journal.drop(self.tasks[key].needed_by, task.key)

    # Threads and transfers

    def take_thread(self, task: TaskState) -> Execution:
        """Give a task a slot and the resources of its request."""
        assert task.request is not None
        assert task.spec is not None
        write = self.journal
        execution = Execution(task.request.run_id, task.spec, task.request.resources)
        write.set(task, "execution", execution)
        write.put(self.executing, task.key, None)
        self._recount(execution.resources)
        return execution

    def _recount(self, resources: Iterable[str]) -> None:
        """Write what is left of resources, from what threads hold: sums of floats would drift."""
        for name in resources:
            threads = [self.tasks[key].execution for key in (*self.executing, *self.long_running)]
            taken = [it.resources[name] for it in threads if it and name in it.resources]
            left = remaining(self.config.resources[name], taken)
            self.journal.put(self.available_resources, name, left)

    def leave_slot(self, task: TaskState) -> None:
        """The thread of a task goes on outside the slots; it keeps its resources."""
        write = self.journal
        write.set(task.execution, "seceded", True)
        write.drop(self.executing, task.key)
        write.put(self.long_running, task.key, None)

    def open_transfer(self, peer: str, transfer: Transfer) -> None:
        self.journal.put(self.transfers, peer, transfer)
        self.journal.set(self, "incoming_nbytes", self.incoming_nbytes + transfer.nbytes)

    def close_transfer(self, peer: str) -> Transfer:
        transfer = self.journal.drop(self.transfers, peer)
        self.journal.set(self, "incoming_nbytes", self.incoming_nbytes - transfer.nbytes)
        return transfer

    def take_transfer(self, task: TaskState, peer: str) -> None:
        self.journal.set(task, "coming_from", peer)
        self.journal.put(self.in_flight, task.key, None)

    def _give_back(self, task: TaskState) -> None:
        write, execution = self.journal, task.execution
        if task.successor is not None:
            write.set(task, "spec", task.successor)
            write.set(task, "successor", None)
        if execution is None:
            write.set(task, "coming_from", None)
            write.drop(self.in_flight, task.key)
            return
        write.drop(self.long_running if execution.seceded else self.executing, task.key)
        write.set(task, "execution", None)
        self._recount(execution.resources)

    # Queues

    def _enter_ready(self, task: TaskState) -> None:
        self._enqueue(self.ready, task)

    def _leave_ready(self, task: TaskState) -> None:
        self._dequeue(self.ready, task)

    def _enter_constrained(self, task: TaskState) -> None:
        self._enqueue(self.constrained, task)

    def _leave_constrained(self, task: TaskState) -> None:
        self._dequeue(self.constrained, task)

    def _enqueue(self, queue: TaskQueue, task: TaskState) -> None:
        assert task.request is not None
        self.journal.set(task, "queued_at", task.request.priority)
        self.journal.enqueue(queue, task.request.priority, task.key)

    def _dequeue(self, queue: TaskQueue, task: TaskState) -> None:
        assert task.queued_at is not None
        self.journal.dequeue(queue, task.queued_at, task.key)
        self.journal.set(task, "queued_at", None)

    def _enter_fetch(self, task: TaskState) -> None:
        urgency = min((self._priority(key) for key in task.needed_by), default=LAST)
        self.journal.set(task, "queued_at", urgency)
        for peer in task.who_has:
            self._enqueue_at(peer, task)

    def _leave_fetch(self, task: TaskState) -> None:
        for peer in task.who_has:
            self._dequeue_at(peer, task)
        self.journal.set(task, "queued_at", None)

    def _enqueue_at(self, peer: str, task: TaskState) -> None:
        assert task.queued_at is not None
        if peer not in self.data_needed:
            self.journal.put(self.data_needed, peer, TaskQueue())
        self.journal.enqueue(self.data_needed[peer], task.queued_at, task.key)

    def _dequeue_at(self, peer: str, task: TaskState) -> None:
        assert task.queued_at is not None
        self.journal.dequeue(self.data_needed[peer], task.queued_at, task.key)
        if not self.data_needed[peer]:
            self.journal.drop(self.data_needed, peer)

    def raise_priority_of_inputs(self, task: TaskState) -> None:
        """Queue dependencies in fetch as urgently as the task that needs them."""
        urgency = self._priority(task.key)
        for key in task.dependencies:
            queued = self.tasks[key]
            if queued.state is State.FETCH and queued.queued_at and urgency < queued.queued_at:
                self._leave_fetch(queued)
                self._enter_fetch(queued)

    def _priority(self, key: str) -> Priority:
        request = self.tasks[key].request
        assert request is not None
        return request.priority

    def _enter_missing(self, task: TaskState) -> None:
        self.journal.put(self.missing, task.key, None)

    def _leave_missing(self, task: TaskState) -> None:
        self.journal.drop(self.missing, task.key)

    def _leave_memory(self, task: TaskState) -> None:
        self.journal.drop(self.actors if task.key in self.actors else self.data, task.key)


#: Attributes that hold nothing which changes by itself.
COPIED: Final = (
    "data", "actors", "ready", "constrained", "transfers", "in_flight", "executing", "long_running",
    "missing", "busy_workers", "available_resources", "changes", "touched",
)  # fmt: skip

#: What a state adds to the indexes, and takes away again.
ENTER: Final = {
    State.READY: WorkerState._enter_ready,
    State.CONSTRAINED: WorkerState._enter_constrained,
    State.FETCH: WorkerState._enter_fetch,
    State.MISSING: WorkerState._enter_missing,
}
LEAVE: Final = {
    State.READY: WorkerState._leave_ready,
    State.CONSTRAINED: WorkerState._leave_constrained,
    State.FETCH: WorkerState._leave_fetch,
    State.MISSING: WorkerState._leave_missing,
    State.MEMORY: WorkerState._leave_memory,
}
