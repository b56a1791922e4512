"""The record of one scheduler: tasks, workers, clients; and the writes that keep them consistent.

Every index follows from what is written here; ``invariants`` says how.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from workerfuzz.statemachine.scheduler.client_requests import ClientNotice, NoticeStatus
from workerfuzz.statemachine.scheduler.config import SchedulerConfig
from workerfuzz.statemachine.scheduler.messages import Confirm, SchedulerMessage
from workerfuzz.statemachine.scheduler.participants import ClientRecord, WorkerRecord
from workerfuzz.statemachine.scheduler.states import UNDER_WAY, SchedulerTaskState
from workerfuzz.statemachine.scheduler.task import SchedulerTask, SchedulerTransition
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.queue import TaskQueue
from workerfuzz.statemachine.worker.task import TaskSpec

#: Wants what was found when a scheduler was rebuilt, until clients say what they want. Nobody tells it.
FINDER: Final = "(finder)"


class SchedulerState:
    """The record of one scheduler. Only ``machine.handle_message`` changes it.

    Attributes:
        tasks, workers, clients: every record, by key or name.
        queued: keys in queued, by priority.
        no_worker: keys in no-worker.
        joins: workers that have joined under a name so far.
        removed_clients: clients whose connection has ended, and that have not connected again.
        last_run_id, last_number, last_edition: of the latest request, ``Confirm`` and content.
        submissions: graphs that were submitted; earlier ones are more urgent.
        outbox: messages that the last message made the scheduler send, in order.
        changes: what it changed: (key, transition), in order.
        touched: keys that it was about, or that were looked at because of it.
    """

    def __init__(self, config: SchedulerConfig | None = None) -> None:
        self.config: Final = config or SchedulerConfig()
        self.tasks: dict[str, SchedulerTask] = {}
        self.workers: dict[str, WorkerRecord] = {}
        self.clients: dict[str, ClientRecord] = {}
        self.queued = TaskQueue()
        self.no_worker: dict[str, None] = {}
        self.joins: dict[str, int] = {}
        self.removed_clients: dict[str, None] = {}
        self.last_run_id = 0
        self.last_number = 0
        self.last_edition = 0
        self.submissions = 0
        self.outbox: list[SchedulerMessage] = []
        self.changes: list[tuple[str, SchedulerTransition]] = []
        self.touched: dict[str, None] = {}
        self.cause = ""

    def copy(self) -> "SchedulerState":
        """A scheduler of its own that continues alike."""
        other = SchedulerState(self.config)
        other.tasks = {key: task.copy() for key, task in self.tasks.items()}
        other.workers = {name: worker.copy() for name, worker in self.workers.items()}
        other.clients = {name: client.copy() for name, client in self.clients.items()}
        for name in (
            "queued", "no_worker", "joins", "removed_clients", "outbox", "changes", "touched",
        ):  # fmt: skip
            setattr(other, name, getattr(self, name).copy())
        for name in ("last_run_id", "last_number", "last_edition", "submissions", "cause"):
            setattr(other, name, getattr(self, name))
        return other

    def story(self, key: str) -> tuple[SchedulerTransition, ...]:
        """Every transition of the record of a key, oldest first."""
        task = self.tasks.get(key)
        return tuple(task.history) if task is not None else ()

    def inputs(self, task: SchedulerTask) -> list[SchedulerTask]:
        """The tasks that it depends on. Those of a task in use all have a record."""
        return [self.tasks[key] for key in task.dependencies]

    def residue(self) -> Iterator[str]:
        """Yield a line about each record; none once all is released and every worker confirmed."""
        for task in self.tasks.values():
            owing = f", {', '.join(task.unconfirmed)} to confirm" if task.unconfirmed else ""
            yield f"{task.key} is {task.state} on the scheduler{owing}"
        for worker in self.workers.values():
            tables: dict[str, Iterable[object]] = {
                "processing": worker.processing, "seceded": worker.seceded,
                "has_what": worker.has_what, "asked": worker.asked,
            }  # fmt: skip
            for name, table in tables.items():
                for item in table:
                    yield f"{item} is in {name} of {worker.name} on the scheduler"
        for client in self.clients.values():
            for key in client.wants:
                yield f"{client.name} wants {key} on the scheduler"

    # Outgoing messages

    def send(self, receiver: str, message: Event | Confirm) -> None:
        """Tell a worker something; nobody hears it where there is none of that name."""
        if receiver in self.workers:
            self.outbox.append(SchedulerMessage(receiver, message))

    def tell(self, client: str, key: str, status: NoticeStatus, reason: str = "") -> None:
        if client != FINDER:
            record = self.clients[client]
            notice = ClientNotice(key, status, reason, (record.graphs, record.scatters))
            self.outbox.append(SchedulerMessage(client, notice))

    def tell_wanting(self, task: SchedulerTask, status: NoticeStatus, reason: str = "") -> None:
        """Tell every client that wants a key."""
        for client in task.wanted_by:
            self.tell(client, task.key, status, reason)

    # Wants

    def want(self, client: str, task: SchedulerTask) -> None:
        task.wanted_by[client] = None
        self.clients[client].wants[task.key] = None

    def unwant(self, client: str, task: SchedulerTask) -> None:
        if client in task.wanted_by:
            del task.wanted_by[client]
            del self.clients[client].wants[task.key]

    def client(self, name: str) -> ClientRecord:
        """The record of a client, made where there is none."""
        return self.clients.setdefault(name, ClientRecord(name))

    # Records and contents

    def write_content(self, task: SchedulerTask, spec: TaskSpec | None) -> None:
        """Another content of a key."""
        self.last_edition += 1
        task.edition = self.last_edition
        task.spec = spec
        task.editions = {key: self.tasks[key].edition for key in task.dependencies}
        task.nbytes = 1
        task.preferred_worker = None

    def attach(self, task: SchedulerTask) -> None:
        """The task is in use: what it depends on is, too."""
        task.detached = False
        for dependency in self.inputs(task):
            dependency.dependents[task.key] = None

    def detach(self, task: SchedulerTask) -> None:
        """Nobody uses the task: it uses nothing."""
        task.detached = True
        for dependency in self.inputs(task):
            del dependency.dependents[task.key]

    def forget(self, task: SchedulerTask) -> None:
        """Remove a record that nobody has anything to do with."""
        del self.tasks[task.key]

    # Holders

    def add_holder(self, task: SchedulerTask, worker: str) -> None:
        task.who_has[worker] = None
        task.known_to[worker] = None
        self.workers[worker].has_what[task.key] = None

    def stop_copy(self, task: SchedulerTask, worker: str) -> None:
        """A value that was copied to a worker by a request of its own is gone there, or will be."""
        task.gathering.pop(worker, None)

    def drop_holder(self, task: SchedulerTask, worker: str) -> None:
        """The worker does not hold the value, or not for long; nothing happens where it did not."""
        if worker in task.who_has:
            del task.who_has[worker]
            del self.workers[worker].has_what[task.key]

    def holders(self, task: SchedulerTask, asking: str) -> tuple[str, ...]:
        """Workers that another one can copy a value from, sorted."""
        return tuple(sorted(worker for worker in task.who_has if worker != asking))

    def free(self, task: SchedulerTask, worker: str) -> None:
        """Tell a worker that the key is not wanted there, and disbelieve it until it has heard."""
        self.drop_holder(task, worker)
        self.stop_copy(task, worker)
        self.send(worker, events.FreeKeys(keys=(task.key,)))
        self.confirm(task, worker)

    def release_replica(self, task: SchedulerTask, worker: str) -> None:
        """Tell a worker that it may drop its copy. What it says after the ``Confirm`` is its answer."""
        self.drop_holder(task, worker)
        self.stop_copy(task, worker)
        self.confirm(task, worker)
        self.send(worker, events.RemoveReplicas(keys=(task.key,)))

    def forget_on(self, task: SchedulerTask, worker: str) -> None:
        """Tell a worker to delete everything, and wait until it has."""
        del task.known_to[worker]
        self.stop_copy(task, worker)
        self.send(worker, events.ForgetKeys(keys=(task.key,)))
        self.confirm(task, worker, forgotten=(task.key,))

    def accept(self, task: SchedulerTask, worker: str) -> None:
        """A client has put the value on a worker, which is to keep it from now on.

        What the worker was told about the key before, it takes for outdated until it gets this; and
        what it said before is outdated here until it has answered.
        """
        self.add_holder(task, worker)
        task.unconfirmed.pop(worker, None)
        task.stored[worker] = self._ask_to_confirm(task, worker, stored=(task.key,))

    def confirm(self, task: SchedulerTask, worker: str, forgotten: tuple[str, ...] = ()) -> None:
        task.stored.pop(worker, None)
        task.unconfirmed[worker] = self._ask_to_confirm(task, worker, forgotten)

    def _ask_to_confirm(
        self,
        task: SchedulerTask,
        worker: str,
        forgotten: tuple[str, ...] = (),
        stored: tuple[str, ...] = (),
    ) -> int:
        self.last_number += 1
        self.workers[worker].asked[self.last_number] = (task.key,)
        self.send(worker, Confirm(number=self.last_number, forgotten=forgotten, stored=stored))
        return self.last_number

    # The one write of a state, and the indexes that follow from it

    def move(self, task: SchedulerTask, finish: SchedulerTaskState) -> None:
        """Write the state of a task, and every index that depends on it."""
        start = task.state
        if start in LEAVE:
            LEAVE[start](self, task)
        if start in UNDER_WAY and finish not in UNDER_WAY:
            for dependency in self.inputs(task):
                del dependency.needed_by[task.key]
        task.state = finish
        change = SchedulerTransition(self.cause, start, finish)
        task.history.append(change)
        self.changes.append((task.key, change))
        if finish in UNDER_WAY and start not in UNDER_WAY:
            for dependency in self.inputs(task):
                dependency.needed_by[task.key] = None
        if finish in ENTER:
            ENTER[finish](self, task)

    def _enter_queued(self, task: SchedulerTask) -> None:
        self.queued.add(task.priority, task.key)

    def _leave_queued(self, task: SchedulerTask) -> None:
        self.queued.remove(task.priority, task.key)

    def _enter_no_worker(self, task: SchedulerTask) -> None:
        self.no_worker[task.key] = None

    def _leave_no_worker(self, task: SchedulerTask) -> None:
        del self.no_worker[task.key]

    def _leave_processing(self, task: SchedulerTask) -> None:
        worker = self.workers.get(task.processing_on or "")
        if worker is not None:
            del worker.processing[task.key]
            worker.seceded.pop(task.key, None)
        task.processing_on = None
        task.theft = None
        task.seceded = False

    def _leave_memory(self, task: SchedulerTask) -> None:
        task.home = None

    def _leave_erred(self, task: SchedulerTask) -> None:
        task.failure = None

    def prefer(self, task: SchedulerTask, worker: str | None) -> None:
        """The task is to be assigned to that worker next, if it is there."""
        task.preferred_worker = worker if worker in self.workers else None

    def assign(self, task: SchedulerTask, worker: WorkerRecord) -> None:
        """A task in processing is computed by that worker, under a new run id."""
        self.last_run_id += 1
        task.preferred_worker = None
        self.resume(task, worker, self.last_run_id)

    def resume(self, task: SchedulerTask, worker: WorkerRecord, run_id: int) -> None:
        """A task in processing is computed by that worker, which was asked under this run id."""
        task.run_id = run_id
        task.processing_on = worker.name
        worker.processing[task.key] = None

    def leave_slot(self, task: SchedulerTask) -> None:
        """A task in processing takes no slot any more."""
        assert task.processing_on is not None
        task.seceded = True
        self.workers[task.processing_on].seceded[task.key] = None


#: What a state adds to the indexes, and takes away again.
ENTER: Final = {
    SchedulerTaskState.QUEUED: SchedulerState._enter_queued,
    SchedulerTaskState.NO_WORKER: SchedulerState._enter_no_worker,
}
LEAVE: Final = {
    SchedulerTaskState.QUEUED: SchedulerState._leave_queued,
    SchedulerTaskState.NO_WORKER: SchedulerState._leave_no_worker,
    SchedulerTaskState.PROCESSING: SchedulerState._leave_processing,
    SchedulerTaskState.MEMORY: SchedulerState._leave_memory,
    SchedulerTaskState.ERRED: SchedulerState._leave_erred,
}
