"""The environment of one worker of a cluster, for claims about threads and transfers of any worker."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from workerfuzz.harness.worlds.cluster.assignments import AssignmentRecord
from workerfuzz.statemachine.properties.view import WorkerView
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.instructions import Execute, GatherDep, Instruction
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import Request
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.cluster.view import Pair


class Workers(Protocol):
    """The part of a cluster's environment that is about its workers: first of each pair is one."""

    run_config: ClusterRunConfig
    paused: dict[str, None]
    issued: dict[Pair, Execute]
    running: dict[Pair, Execute]
    slotted: dict[Pair, None]
    resources_taken: dict[Pair, Mapping[str, float]]
    open: dict[Pair, GatherDep]
    retrying: dict[Pair, None]
    assignments: AssignmentRecord


@dataclass(frozen=True, slots=True)
class ClusterWorkerEnvironment:
    """Everything outstanding of one worker. Sizes are not known here."""

    config: WorkerConfig
    paused: bool
    states: Mapping[str, State]
    executing: Mapping[str, Execute]
    seceded: Collection[str]
    gathering: Mapping[str, Sequence[str]]
    incoming: Mapping[str, int]
    retrying: Collection[str]
    taken: Mapping[str, Mapping[str, float]]
    requests: Mapping[str, Request]
    sizes: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, workers: Workers, name: str, view: WorkerView) -> "ClusterWorkerEnvironment":
        running = {key: execution for (at, key), execution in workers.running.items() if at == name}
        states = {key: view.state(key) for key in view.keys()}  # noqa: SIM118 - a view is no dict
        executing = running | {
            key: execution for (at, key), execution in workers.issued.items() if at == name
        }
        requests = workers.assignments.requests if view.config.resources else {}
        return cls(
            config=workers.run_config.config.worker,
            paused=name in workers.paused,
            states={key: state for key, state in states.items() if state is not None},
            executing=executing,
            seceded=[key for key in running if (name, key) not in workers.slotted],
            gathering={
                peer: transfer.keys for (at, peer), transfer in workers.open.items() if at == name
            },
            incoming={
                p: transfer.total_nbytes for (at, p), transfer in workers.open.items() if at == name
            },
            retrying=[peer for at, peer in workers.retrying if at == name],
            taken={key: workers.resources_taken[name, key] for key in executing if requests},
            requests={key: request for (at, key), request in requests.items() if at == name},
        )


class ClusterWorkerReply(NamedTuple):
    """An instruction that a worker of a cluster has just issued, and its environment."""

    environment: ClusterWorkerEnvironment
    issued: Sequence[Instruction]
