"""Configuration of a run of processes: that of a cluster, of which not every option is drawn."""

from dataclasses import dataclass, replace
from typing import ClassVar

from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig, draw_cluster


@dataclass(frozen=True, slots=True)
class ProcessRunConfig(ClusterRunConfig):
    """Everything about a run that is fixed before its first step."""

    scope: ClassVar[str] = "process"


def draw_processes(chooser: Chooser, workers: int | None = None) -> ProcessRunConfig:
    """Draw a run config. There are no actors: their methods are called while a task runs."""
    drawn = draw_cluster(chooser, workers)
    workload = replace(drawn.workload, actors=(), contents=(0,))
    return ProcessRunConfig(drawn.config, drawn.keys, drawn.clients, drawn.later, workload)
