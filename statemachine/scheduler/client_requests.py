"""Requests of clients to a scheduler, and its notices to them; the same for every scheduler."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from workerfuzz.statemachine.worker.task import TaskSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of one task. None of them changes its value.

    Attributes:
        priority: of the user; higher runs first, as in Dask.
        retries: failures after which it is run again.
        resources: what it takes while it runs, by name.
        workers: where it may run; empty means anywhere.
        loose: it may run elsewhere if none of ``workers`` is there.
    """

    priority: int = 0
    retries: int = 0
    resources: Mapping[str, float] = field(default_factory=dict)
    workers: tuple[str, ...] = ()
    loose: bool = False


#: The options of a task by default.
NO_OPTIONS: Final = Options()


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """A graph, and the keys in it whose results the client wants.

    Attributes:
        specs: each after those it depends on; a dependency that is not listed is known already.
        options: by key; a key that is not listed has none.
    """

    specs: tuple[TaskSpec, ...]
    wanted: tuple[str, ...]
    options: Mapping[str, Options] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The client releases its futures of these keys."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Cancel these keys and everything that depends on them.

    Attributes:
        force: for the other clients as well.
    """

    keys: tuple[str, ...]
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """These keys failed; they and the failed keys that they depend on are run again."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scattered:
    """The client scattered values to workers, which confirmed them, and wants them.

    This request overtakes others of the client.

    Attributes:
        who_has: workers by key.
        joined: which of the workers that have joined at an address it was, from 1 on, by worker; the one
            that is there, where it is not listed.
        streamed: graphs, releases and cancellations that the client had sent before, some of which may
            arrive later.
    """

    who_has: Mapping[str, tuple[str, ...]]
    joined: Mapping[str, int] = field(default_factory=dict)
    streamed: int = 0


ClientRequest = Submit | Release | Cancel | Retry | Scattered


class NoticeStatus(enum.StrEnum):
    """Status of a key, as its client knows it."""

    PENDING = "pending"
    FINISHED = "finished"
    ERRED = "erred"
    LOST = "lost"  # as pending, until the scheduler says something else
    CANCELLED = "cancelled"


class ClientNotice(NamedTuple):
    """One status of a key that the scheduler reported to a client.

    Attributes:
        reason: of a failure; text.
        requests: graphs and scatters of the client that the scheduler had got by then, so that the
            client can tell a late answer to an earlier request; None where a system does not say.
    """

    key: str
    status: NoticeStatus
    reason: str = ""
    requests: tuple[int, int] | None = None
