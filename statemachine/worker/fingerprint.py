"""The future of a worker as plain data: equal for workers that continue alike.

More than ``snapshot`` is left out: run ids that nothing names any more, the size of those that something
does, and the stories, of which nothing but their end is looked at: the state.
"""

from collections.abc import Hashable

from workerfuzz.statemachine.worker.canonical import Canonical
from workerfuzz.statemachine.worker.task import ABSENT, Execution, Request, TaskSpec, TaskState
from workerfuzz.statemachine.worker.worker_state import WorkerState


def fingerprint(worker: WorkerState, canonical: Canonical) -> tuple[Hashable, ...]:
    """One item for each record, in the order of their keys, and one for all that is beside them.

    Indexes are part of it although they follow from the records: in a worker with a bug they may not.
    """
    peer = canonical.name
    return (
        *(record(task, canonical) for _, task in sorted(worker.tasks.items())),
        (
            tuple(sorted([(key, peer(value)) for key, value in worker.data.items()])),
            tuple(sorted([(key, peer(value)) for key, value in worker.actors.items()])),
            tuple([key for _, key in worker.ready]),
            tuple([key for _, key in worker.constrained]),
            tuple(
                sorted(
                    [
                        (peer(holder), tuple([k for _, k in queue]))
                        for holder, queue in worker.data_needed.items()
                    ]
                )
            ),
            tuple(
                sorted([(peer(holder), *sorted(keys)) for holder, keys in worker.has_what.items()])
            ),
            tuple(
                sorted([(peer(holder), t.nbytes, t.keys) for holder, t in worker.transfers.items()])
            ),
            tuple(sorted(worker.in_flight)),
            tuple(sorted(worker.executing)),
            tuple(sorted(worker.long_running)),
            tuple(sorted(worker.missing)),
            canonical.peers(worker.busy_workers),
            tuple(sorted(worker.available_resources.items())),
            worker.incoming_nbytes,
            worker.paused,
        ),
    )


def record(task: TaskState, canonical: Canonical) -> tuple[Hashable, ...]:
    """Return one record as plain data."""
    return (
        task.key,
        task.state,
        task.intent,
        content(task.spec),
        request(task.request, canonical),
        task.answered,
        task.freed,
        content(task.successor),
        task.doomed,
        canonical.peers(task.who_has),
        task.nbytes,
        canonical.name(task.coming_from),
        execution(task.execution, canonical),
        task.scattered is not ABSENT and (canonical.name(task.scattered),),
        task.suspicion,
        task.failure and (task.failure.exception, task.failure.cause),
        tuple(sorted(task.needed_by)),
        task.queued_at and canonical.priority(task.queued_at),
    )


def content(spec: TaskSpec | None) -> Hashable:
    return spec and (spec.dependencies, spec.run_spec, spec.actor)


def request(request: Request | None, canonical: Canonical) -> Hashable:
    return request and (
        canonical.run(request.run_id),
        canonical.priority(request.priority),
        tuple(request.resources.items()),
    )


def execution(execution: Execution | None, canonical: Canonical) -> Hashable:
    return execution and (
        canonical.run(execution.run_id),
        content(execution.spec),
        tuple(execution.resources.items()),
        execution.seceded,
    )
