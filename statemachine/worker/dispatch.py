"""Work that is started after every event: threads for runnable tasks, transfers for keys in fetch.

Source: distributed 2026.8.0, worker_state_machine.py, ``_ensure_computing`` and
``_ensure_communicating``, except that a task whose resources are taken holds up nobody else (R30), and
that ties are broken by name, not by chance (D1).
"""

from collections.abc import Iterable

from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import Priority, TaskState
from workerfuzz.statemachine.worker.transitions.outcome import Outcome, Recommendation
from workerfuzz.statemachine.worker.worker_state import Transfer, WorkerState


def next_execution(worker: WorkerState) -> TaskState | None:
    """Return the most urgent task that a thread and resources are free for, if any."""
    if worker.paused or len(worker.executing) >= worker.config.nthreads:
        return None
    candidates: list[tuple[Priority, str]] = []
    if worker.ready:
        candidates.append(worker.ready.first())
    for priority, key in worker.constrained:
        if fits(worker, worker.tasks[key]):
            candidates.append((priority, key))
            break
    return worker.tasks[min(candidates)[1]] if candidates else None


def fits(worker: WorkerState, task: TaskState) -> bool:
    """Return True if the resources of the request are available."""
    assert task.request is not None
    return all(
        worker.available_resources[name] >= amount
        for name, amount in task.request.resources.items()
    )


def start_transfers(worker: WorkerState) -> Outcome:
    """Open a transfer with every available peer, for the most urgent keys that it holds."""
    recommend: dict[str, Recommendation] = {}
    gathers: list[do.Instruction] = []
    if worker.paused:
        return Outcome()
    taken: set[str] = set()
    for peer in peers_by_urgency(worker):
        if is_throttled(worker):
            break
        transfer = choose_keys(worker, peer, taken)
        if not transfer.keys:
            continue
        worker.open_transfer(peer, transfer)
        taken.update(transfer.keys)
        recommend.update((key, Recommendation(State.FLIGHT, peer)) for key in transfer.keys)
        gathers.append(do.GatherDep(worker=peer, keys=transfer.keys, total_nbytes=transfer.nbytes))
    return Outcome(recommend=recommend, instructions=gathers)


def peers_by_urgency(worker: WorkerState) -> Iterable[str]:
    """Return peers that are idle: the one with the most urgent key first, then with most keys."""
    asked = [
        (queue.first()[0], -len(queue), peer)
        for peer, queue in worker.data_needed.items()
        if peer not in worker.transfers and peer not in worker.busy_workers
    ]
    return [peer for *_, peer in sorted(asked)]


def is_throttled(worker: WorkerState) -> bool:
    """Return True if enough transfers are open, and they are not small."""
    config = worker.config
    return (
        len(worker.transfers) >= config.transfer_count
        and worker.incoming_nbytes >= config.transfer_throttle_nbytes
    )


def choose_keys(worker: WorkerState, peer: str, taken: set[str]) -> Transfer:
    """Return the keys to request from a peer, most urgent first, within the limits.

    While nothing else is under way, the first key is asked for whatever its size: otherwise a large
    one would never come. The limit of one message holds for the keys after it. A key that failed before
    travels alone, so that others are not suspected with it.

    Source: distributed 2026.8.0, worker_state_machine.py, ``_select_keys_for_gather`` and
    ``_task_exceeds_transfer_limits``
    """
    config = worker.config
    left = config.transfer_incoming_nbytes - worker.incoming_nbytes
    keys: list[str] = []
    total = 0
    for _, key in worker.data_needed[peer]:
        if key in taken:
            continue
        task = worker.tasks[key]
        if keys and task.suspicion:
            continue
        if (keys or worker.incoming_nbytes) and total + task.nbytes > left:
            break
        keys.append(key)
        total += task.nbytes
        left = min(left, config.transfer_message_nbytes)
        if task.suspicion:
            break
    return Transfer(tuple(keys), total)
