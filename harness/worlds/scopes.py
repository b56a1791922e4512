"""The three scopes of a case: what a world is made of there, and what of it can be left out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType, TracebackType
from typing import Any, Final, Protocol, Self, TypeAlias

from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.process.world import ProcessWorld
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.worker_state import ADDRESS
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.cluster import BY_WORD as CLUSTER_WORDS
from workerfuzz.strategies.cluster import CLUSTER_STEPS
from workerfuzz.strategies.cluster import run_config as clusters
from workerfuzz.strategies.cluster.from_workers import Join
from workerfuzz.strategies.cluster.graphs import GROUP
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig, draw_cluster
from workerfuzz.strategies.key_order import ordered
from workerfuzz.strategies.process import BY_WORD as PROCESS_WORDS
from workerfuzz.strategies.process import PROCESS_STEPS
from workerfuzz.strategies.process.from_participants import JoinAs
from workerfuzz.strategies.process.run_config import ProcessRunConfig, draw_processes
from workerfuzz.strategies.worker import BY_WORD, WORKER_STEPS, Step
from workerfuzz.strategies.worker.run_config import KEYS, PEERS, RunConfig, draw_run_config

#: What a run takes place in, and what of it a case tells.
AnyRunConfig = RunConfig | ClusterRunConfig
AnyConfig = WorkerConfig | ClusterConfig


class Effect(Protocol):
    """The effect of a step."""

    def lines(self) -> list[str]:
        """As a case writes it."""


class World(Protocol):
    """The only thing that an engine talks to."""

    @property
    def steps(self) -> Sequence[Step]:
        """Steps applied so far."""

    def possible(self) -> Sequence[type[Step]]:
        """Kinds of step that may happen now, in a fixed order."""

    def draw(self, kind: type[Step], chooser: Chooser) -> Step:
        """A step of that kind, possible now."""

    def apply(self, step: Step) -> Effect:
        """Let a step happen; raises Violation or ImpossibleStep."""

    def finish(self) -> None:
        """Let everything outstanding end; raises Violation."""

    def where(self) -> str:
        """Return the state of every task, in a line."""

    def close(self) -> None:
        """Give back everything that it took; it is not used any more."""

    def __enter__(self) -> Self:
        """Leaving it closes it."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""


#: Called after each step with the world, and with None for events while a run comes to rest.
Observer: TypeAlias = Callable[[World, Step | None], None]


@dataclass(frozen=True, slots=True)
class FuzzingScope:
    """The ways to make, write and shrink runs of one scope.

    Attributes:
        name: how cases and the command line call it.
        systems: how systems that are fuzzed there are called, before their name.
        kinds: every kind of step there.
        words: the same, by their word.
        open: a fresh world; given a subject, a run config and (by name) an observer.
        draw: a run config to begin a run with.
        run_config_of: the one that a case of these steps, with that configuration, takes place in.
        simpler: configurations with a little less in them.
        usual_names: names by which keys and participants of these steps can be called instead.
        config: the default one.
    """

    name: str
    systems: str
    kinds: tuple[type[Step], ...]
    words: Mapping[str, type[Step]]
    open: Callable[..., World]
    draw: Callable[[Chooser], AnyRunConfig]
    run_config_of: Callable[[Sequence[Step], Any], AnyRunConfig]
    simpler: Callable[[Any], Iterator[Any]]
    usual_names: Callable[[Sequence[Step]], Iterator[Mapping[str, str]]]
    config: AnyConfig


def run_config_of(steps: Sequence[Step], config: WorkerConfig) -> RunConfig:
    """The keys and peers that steps name, beside the usual ones."""
    named = (peer for step in steps for peer in step.peers() if peer != ADDRESS)
    peers = dict.fromkeys((*PEERS, *named))
    return RunConfig(config, ordered(steps, KEYS), tuple(peers))


def cluster_of(steps: Sequence[Step], config: ClusterConfig) -> ClusterRunConfig:
    """The keys and clients that steps name, beside the usual ones, and all workers that join."""
    named = (peer for step in steps for peer in step.peers() if peer.startswith("c"))
    joins = sum(isinstance(step, Join | JoinAs) for step in steps)
    return ClusterRunConfig(
        config,
        ordered(steps, clusters.KEYS),
        tuple(dict.fromkeys((*clusters.CLIENTS, *named))),
        joins,
    )


def processes_of(steps: Sequence[Step], config: ClusterConfig) -> ProcessRunConfig:
    """The same as ``cluster_of``, of processes."""
    found = cluster_of(steps, config)
    return ProcessRunConfig(found.config, found.keys, found.clients, found.later)


def plainer(config: AnyConfig, usual: AnyConfig) -> Iterator[AnyConfig]:
    """Each option that is not the usual one, made so."""
    for option in fields(config):
        plain = getattr(usual, option.name)
        if getattr(config, option.name) != plain:
            yield replace(config, **{option.name: plain})


def plainer_cluster(config: ClusterConfig) -> Iterator[ClusterConfig]:
    """One worker less, or an option made usual."""
    if config.workers > 1:
        yield replace(config, workers=config.workers - 1)
    for usual in plainer(config, replace(ClusterConfig(), workers=config.workers)):
        if isinstance(usual, ClusterConfig):
            yield usual
    for worker in plainer(config.worker, WorkerConfig()):
        if isinstance(worker, WorkerConfig):
            yield replace(config, worker=worker)


def usual_names(steps: Sequence[Step]) -> Iterator[Mapping[str, str]]:
    """Keys and peers get the usual names, in the order of their appearance."""
    keys = ordered(steps)
    names = dict(zip(keys, KEYS[-len(keys) :], strict=False)) if len(keys) <= len(KEYS) else {}
    peers = dict.fromkeys(peer for step in steps for peer in step.peers())
    yield names | dict(zip((peer for peer in peers if peer != ADDRESS), PEERS, strict=False))


def usual_cluster_names(steps: Sequence[Step]) -> Iterator[Mapping[str, str]]:
    """The last worker becomes one that is not named; keys get the first names, if need be in a group."""
    participants = dict.fromkeys(peer for step in steps for peer in step.peers())
    for kind in ("c", "w"):
        named = sorted(participant for participant in participants if participant.startswith(kind))
        for place, name in enumerate(named):
            usual = f"{kind}{place}"
            if usual not in participants:
                yield {name: usual}
    keys = ordered(steps)
    singles, groups = (
        [key for key in clusters.KEYS if key.startswith(GROUP) is grouped]
        for grouped in (False, True)
    )
    if len(keys) <= len(singles):
        yield dict(zip(keys, singles, strict=False))
    yield dict(zip((key for key in keys if key not in groups), singles, strict=False))
    yield dict(zip((key for key in keys if key in groups), groups, strict=False))


WORKER: Final = FuzzingScope(
    name="worker",
    systems="",
    kinds=WORKER_STEPS,
    words=BY_WORD,
    open=WorkerWorld,
    draw=draw_run_config,
    run_config_of=run_config_of,
    simpler=lambda config: plainer(config, WorkerConfig()),
    usual_names=usual_names,
    config=WorkerConfig(),
)
CLUSTER: Final = FuzzingScope(
    name="cluster",
    systems="clusters of ",
    kinds=CLUSTER_STEPS,
    words=CLUSTER_WORDS,
    open=ClusterWorld,
    draw=draw_cluster,
    run_config_of=cluster_of,
    simpler=plainer_cluster,
    usual_names=usual_cluster_names,
    config=ClusterConfig(),
)

PROCESS: Final = FuzzingScope(
    name="process",
    systems="processes of ",
    kinds=PROCESS_STEPS,
    words=PROCESS_WORDS,
    open=ProcessWorld,
    draw=draw_processes,
    run_config_of=processes_of,
    simpler=plainer_cluster,
    usual_names=usual_cluster_names,
    config=ClusterConfig(),
)

#: By the name that cases and the command line use.
SCOPES: Final[Mapping[str, FuzzingScope]] = MappingProxyType(
    {scope.name: scope for scope in (WORKER, CLUSTER, PROCESS)}
)


def scope_of(violation: Violation) -> FuzzingScope:
    """Return the scope of the run that ended in a violation."""
    return SCOPES[violation.run_config.scope]
