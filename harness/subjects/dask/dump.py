"""Dumps of the state of a cluster that is simulated, as Dask makes them of real ones.

Source: distributed 2026.8.0, scheduler.py, Scheduler._to_dict and get_cluster_state.
"""

import json
from collections.abc import Iterable, Mapping

from workerfuzz.harness.subjects.dask.instrumentation import DaskObject
from workerfuzz.harness.subjects.dask.releases import installed

#: A dump as ``json`` reads it: plain data, in which nothing of Dask is left.
PlainDump = dict[str, object]


def state_dump(scheduler: DaskObject, machines: Iterable[DaskObject]) -> PlainDump:
    """Return the dump of a scheduler and of the state machines of its workers."""
    from distributed.utils import recursive_to_dict

    told = {
        "type": "Scheduler",
        "address": "scheduler",
        "workers": recursive_to_dict(
            {where: known(worker) for where, worker in scheduler.workers.items()}
        ),
        "transition_log": recursive_to_dict(scheduler.transition_log),
        "tasks": recursive_to_dict(scheduler.tasks, exclude=("run_spec", "group", "prefix")),
        "clients": recursive_to_dict(scheduler.clients),
    }
    workers = {
        str(machine.address): machine._to_dict(exclude=("run_spec",)) for machine in machines
    }
    packages = {"distributed": installed().version}
    found = {
        "scheduler": told,
        "workers": workers,
        "versions": {"scheduler": {"packages": packages}},
    }
    plain = json.loads(json.dumps(found, default=repr))
    assert isinstance(plain, dict)
    return plain


def known(worker: DaskObject) -> Mapping[str, object]:
    """Return the fields of a worker that a dump of the scheduler has; its heartbeats are left out."""
    return {
        "address": worker.address,
        "name": worker.name,
        "nthreads": worker.nthreads,
        "actors": shown(worker.actors),
        "has_what": shown(worker.has_what),
        "long_running": shown(worker.long_running),
        "processing": shown(worker.processing),
        "resources": worker.resources,
        "status": worker.status,
    }


def shown(tasks: Iterable[DaskObject]) -> list[str]:
    """Return tasks as a record shows them that refers to them."""
    return [*map(repr, tasks)]
