"""Everything that a participant has noted down, as text: for people who look at one step closely.

A subject may offer its tables (``HasTables``, ``ClusterHasTables``); where it does not, there is at
least what every worker shows.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, Protocol, runtime_checkable

from workerfuzz.statemachine.properties.view import WorkerView
from workerfuzz.statemachine.worker.queue import TaskQueue

#: Lines by table, and in each by what they are about; a single value is about ``""``.
Tables = Mapping[str, Mapping[str, str]]

#: How a value is written that is not there.
NONE: Final = "-"


@runtime_checkable
class HasTables(Protocol):
    """A worker that shows all of its tables."""

    def tables(self) -> Tables:
        """Return what is in them now; empty ones may be left out."""


@runtime_checkable
class ClusterHasTables(Protocol):
    """A cluster that shows all tables of each participant."""

    def tables(self, participant: str) -> Tables:
        """Of the scheduler or a worker: what is in them now; empty ones may be left out."""


def viewed(view: WorkerView) -> Tables:
    """Return what any worker shows, or all of its tables."""
    if isinstance(view, HasTables):
        return view.tables()
    found: dict[str, dict[str, str]] = {"tasks": {}}
    keys = view.keys()
    for key in keys:
        between = [
            str(state) for state in (view.previous(key), view.next(key)) if state is not None
        ]
        about = [str(view.state(key)), *(f"({' -> '.join(between)})" for _ in between[:1])]
        about += [f"needs={said(view.dependencies(key))}"] if view.dependencies(key) else []
        about += [f"who_has={said(view.holders(key))}"] if view.holders(key) else []
        found["tasks"][key] = " ".join(about)
    found["data"] = {key: said(value) for key, value in sorted(view.data().items())}
    found["threads"] = {
        key: "seceded" if seceded else "in its slot" for key, seceded in view.threads().items()
    }
    found["transfers"] = {peer: said(keys) for peer, keys in view.transfers().items()}
    found["available_resources"] = {
        name: said(amount) for name, amount in view.available_resources().items()
    }
    found["paused"] = {"": said(view.paused())}
    return filled(found)


def filled(tables: Tables) -> Tables:
    """Those that are not empty."""
    return {name: lines for name, lines in tables.items() if lines}


def read(owner: object, names: Iterable[str]) -> Tables:
    """Attributes of an object, as far as it has them, as tables."""
    return filled({name: table(getattr(owner, name)) for name in names if hasattr(owner, name)})


def table(value: object) -> Mapping[str, str]:
    """One attribute as lines: an item each, where it maps names to something."""
    if isinstance(value, TaskQueue):
        return {key: f"priority {said(priority)}" for priority, key in value}
    if isinstance(value, Mapping) and any(item is not None for item in value.values()):
        return {name_of(name): said(entry) for name, entry in value.items()}
    if isinstance(value, Collection) and not isinstance(value, str):
        return {"": said(value)} if value else {}
    return {"": said(value)}


def differing(record: object, fresh: object, names: Iterable[str]) -> str:
    """``name=value`` for each attribute that differs from that of a fresh record."""
    pairs = ((name, getattr(record, name)) for name in names)
    return " ".join(
        f"{name}={said(value)}" for name, value in pairs if value != getattr(fresh, name)
    )


def said(value: object) -> str:
    """A value in a few words: the same in every run."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, TaskQueue):
        return listed(key for _, key in value)
    if isinstance(value, Mapping):
        bare = all(entry is None for entry in value.values())
        pairs = ((name_of(name), entry) for name, entry in value.items())
        return listed(name if bare else f"{name}={said(entry)}" for name, entry in pairs)
    if isinstance(value, set | frozenset):
        return listed(sorted(map(said, value)))
    if isinstance(value, Collection) and not isinstance(value, str | bytes):
        return listed(map(said, value))
    return name_of(value)


def listed(items: Iterable[str]) -> str:
    return ",".join(items) or NONE


def name_of(value: object) -> str:
    """Return the name of a key, a participant or a record."""
    if not isinstance(value, str):
        names = (getattr(value, name, None) for name in ("key", "name", "client_key"))
        value = next((name for name in names if isinstance(name, str)), value)
    return str(value).removesuffix(":0")
