"""What Dask itself says that must hold of a cluster."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.harness.subjects.dask.cluster.patching import Logged
from workerfuzz.harness.subjects.dask.failures import describe
from workerfuzz.statemachine.properties.property import always

#: Errors that are what a user is to see, by how they begin in Dask's source.
ALLOWED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Task %s marked as failed because %d workers died": "it did, and the client is told",
        "Removing worker ": "scattered data went with its last worker; nothing could be done",
    }
)


#: Amounts of resources are sums of floats.
_NEARLY_NOTHING: Final = 1e-9

#: States in which a task may need its inputs here.
_NEEDING: Final = frozenset(
    {"waiting", "ready", "constrained", "executing", "long-running", "resumed"}
)


@always("Dask logs no error, but what a user is to see.")
def nothing_is_logged_as_error(logged: Iterable[Logged]) -> Iterator[str]:
    for text, error in logged:
        if not any(text.startswith(allowed) for allowed in ALLOWED):
            yield _said(text, error)


@always("A copy that may be dropped is kept only where a task needs it that is not cancelled.")
def copies_are_kept_for_a_reason(refused: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    """Given the copies that a worker has just refused to drop, and the states of who uses them."""
    for key, users in refused:
        if _NEEDING.isdisjoint(users.values()):
            said = ", ".join(f"{user} is {users[user]}" for user in sorted(users))
            yield f"{key} is kept; {said or 'nobody uses it'}"


@always("What is left of a worker's resources is what its running tasks did not take.")
def resources_are_taken(machine: Any) -> Iterator[str]:
    """Given a worker of a release that does not check it itself, right after an event."""
    for name, total in machine.total_resources.items():
        needed = {it.key: it.resource_restrictions.get(name, 0) for it in machine.all_running_tasks}
        taken, left = sum(needed.values()), machine.available_resources[name]
        if abs(total - taken - left) < _NEARLY_NOTHING:
            continue
        begun = [it for it in machine.moves if it.finish == "executing" and needed.get(it.key)]
        if begun and left > total - taken:
            for move in begun:
                yield f"{move.key}, {move.start} -> {move.finish}, took no {name}"
        else:
            yield f"{left:g} of {total:g} {name} are left; running tasks need {taken:g}"


@always("The scheduler's own validation finds nothing wrong.")
def scheduler_validate_state(scheduler: Any) -> Iterator[str]:
    try:
        scheduler.validate_state()
    except Exception as error:  # noqa: BLE001  # whatever it raises is what it found
        yield describe(error)


def _said(text: str, error: BaseException | None) -> str:
    return next(iter(text.splitlines()), "") if error is None else describe(error)
