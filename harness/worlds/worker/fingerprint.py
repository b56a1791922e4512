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


def environment_state(world: Any, text: Canonical) -> tuple[Hashable, ...]:
    """Return the state of the environment. A secession counts for the last request only."""
    told, requests = world.told_seceded, world.requests
    return (
        tuple(
            [
                (key, text.run(execution.run_id), content(execution.spec))
                for key, execution in sorted(world.executing.items())
            ]
        ),
        tuple(sorted(world.seceded)),
        tuple([(key, *sorted(world.taken[key].items())) for key in sorted(world.taken)]),
        world.paused,
        tuple(sorted([(key, size) for key, size in world.sizes.items() if size != 1])),
        tuple(
            sorted(
                [
                    (text.name(peer), keys, world.incoming[peer])
                    for peer, keys in world.gathering.items()
                ]
            )
        ),
        text.peers(world.retrying),
        tuple(sorted(world.rescheduled)),
        tuple(sorted(world._asked_about)),
        tuple([(key, content(spec)) for key, spec in sorted(world.content.items())]),
        tuple(sorted(world.fixed)),
        tuple([(key, text.run(requests[key].run_id)) for key in sorted(requests)]),
        tuple(sorted(world.live)),
        tuple(sorted([key for key, run_id in told.items() if requests[key].run_id == run_id])),
    )
