"""A fingerprint of a worker's environment: all of it that decides what can happen, as plain data."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from workerfuzz.statemachine.worker.canonical import Canonical
from workerfuzz.statemachine.worker.fingerprint import content


def renamed_values(keys: Iterable[str], names: Mapping[str, str]) -> dict[str, str]:
    """Values that were copied from a peer, by what they are now, and as if from the other one."""
    return {
        f"{key} from {peer}": f"{key} from {called}"
        for key in keys
        for peer, called in names.items()
    }


def environment_state(world: Any, its: Canonical) -> tuple[Hashable, ...]:
    """Return the state of the environment. A secession counts for the last request only."""
    told, run_ids = world._told_seceded, world.run_ids
    return (
        tuple(
            [
                (key, its.run(it.run_id), content(it.spec))
                for key, it in sorted(world.executing.items())
            ]
        ),
        tuple(sorted(world.seceded)),
        tuple(sorted([(its.name(peer), keys) for peer, keys in world.gathering.items()])),
        its.peers(world.retrying),
        tuple(sorted(world.rescheduled)),
        tuple(sorted(world._asked_about)),
        tuple([(key, content(spec)) for key, spec in sorted(world.content.items())]),
        tuple(sorted(world.fixed)),
        tuple([(key, its.run(run_id)) for key, run_id in sorted(run_ids.items())]),
        tuple(sorted(world.live)),
        tuple(sorted([key for key, run_id in told.items() if run_ids.get(key) == run_id])),
    )
