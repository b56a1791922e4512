"""Functions that run on the scheduler and the workers of a live cluster, and read what is stuck there.

They are sent by value, so that nothing of workerfuzz has to be installed there: each imports what it
needs, and refers to nothing else of this module than what is defined here. They only read.
"""

from workerfuzz.harness.subjects.dask.instrumentation import DaskObject

#: Keys that are looked at, at most.
MOST_KEYS = 20_000

#: States of a task on the scheduler that nobody waits for.
THERE = ("memory", "erred", "forgotten")


def packed(found: dict[str, object]) -> bytes:
    """Return plain data as bytes, which travel as they are: nothing is pickled on the way back."""
    import json
    import zlib

    return zlib.compress(json.dumps(found, default=repr).encode())


def stuck_tasks(scheduler: DaskObject) -> dict[DaskObject, DaskObject]:
    """Return the tasks that clients want and that are not there, with all that these wait for."""
    found: dict[DaskObject, DaskObject] = {}
    left = [
        ts for cs in scheduler.clients.values() for ts in cs.wants_what if ts.state not in THERE
    ]
    left += [ts for ws in scheduler.workers.values() for ts in ws.processing]
    while left and len(found) < MOST_KEYS:
        ts = left.pop()
        if ts.key not in found:
            found[ts.key] = ts
            if ts.state not in THERE:
                left.extend(ts.dependencies)
    return found


def collect_scheduler(dask_scheduler: DaskObject) -> bytes:
    """Return the part of a dump of the scheduler that concerns stuck tasks, and the keys of these."""
    from time import time

    from distributed.utils import recursive_to_dict

    tasks = stuck_tasks(dask_scheduler)
    shown = {ts: repr(ts) for ts in tasks.values()}
    bulky = ("run_spec", "group", "prefix", "exception", "traceback", "traceback_text")
    workers = {
        ws.address: {
            "address": ws.address,
            "name": ws.name if isinstance(ws.name, int) else str(ws.name),
            "nthreads": ws.nthreads,
            "actors": [repr(ts) for ts in ws.actors],
            "has_what": [shown[ts] for ts in ws.has_what if ts in shown],
            "long_running": [repr(ts) for ts in ws.long_running],
            "processing": [shown[ts] for ts in ws.processing if ts in shown],
            "resources": ws.resources,
            "status": repr(ws.status),
            "metrics": {"time": (ws.metrics or {}).get("time", 0.0)},
            "last_seen": ws.last_seen,
        }
        for ws in dask_scheduler.workers.values()
    }
    clients = {
        name: {
            "client_key": name,
            "wants_what": [shown[ts] for ts in cs.wants_what if ts in shown],
        }
        for name, cs in dask_scheduler.clients.items()
    }
    told = {
        "type": "Scheduler",
        "address": dask_scheduler.address,
        "time": time(),
        "all_tasks": len(dask_scheduler.tasks),
        "workers": workers,
        "clients": clients,
        "tasks": recursive_to_dict(tasks, exclude=bulky),
        "transition_log": recursive_to_dict(
            [entry for entry in dask_scheduler.transition_log if entry[0] in tasks]
        ),
    }
    return packed({"scheduler": told, "keys": recursive_to_dict(list(tasks))})


def collect_worker(keys: DaskObject, dask_worker: DaskObject) -> bytes:
    """Return the part of a dump of a worker that concerns some keys, and what takes its threads."""
    from time import time

    from distributed.utils import recursive_to_dict

    state = dask_worker.state
    wanted = set(keys)
    wanted.update(ts.key for ts in (*state.executing, *state.long_running, *state.in_flight_tasks))

    def about(event: DaskObject) -> set[DaskObject]:
        found = {event.key} if hasattr(event, "key") else set()
        return found.union(*(getattr(event, name, ()) for name in ("keys", "data", "who_has")))

    def is_about(entry: DaskObject) -> bool:
        return any(
            part in wanted
            if not isinstance(part, (list, set, dict))
            else not wanted.isdisjoint(part)
            for part in entry
        )

    log, stimuli = list(state.log), list(state.stimulus_log)
    whole = {
        "type": "Worker",
        "address": state.address,
        "nthreads": state.nthreads,
        "status": repr(dask_worker.status),
        "time": time(),
        "running": state.running,
        "data": dict.fromkeys(key for key in wanted if key in state.data),
        "executing": [ts.key for ts in state.executing],
        "long_running": [ts.key for ts in state.long_running],
        "in_flight_workers": {peer: list(them) for peer, them in state.in_flight_workers.items()},
        "busy_workers": list(state.busy_workers),
        "log": [entry for entry in log if is_about(entry)],
        "stimulus_log": [
            stimulus
            for stimulus in stimuli
            if not about(stimulus) or not about(stimulus).isdisjoint(wanted)
        ],
        "is_log_whole": getattr(state.stimulus_log, "maxlen", None) != len(stimuli),
        "tasks": {key: state.tasks[key] for key in wanted if key in state.tasks},
    }
    return packed(recursive_to_dict(whole, exclude=("run_spec", "exception", "traceback")))
