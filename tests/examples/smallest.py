"""Universes so small that different ways lead to the same place."""

from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.strategies.worker.run_config import RunConfig, WorkloadProfile

#: Two contents of each key, and nothing else that could differ.
PLAIN = WorkloadProfile(
    sizes=(None,), priorities=(0,), contents=(0, 1), actors=(False,), values=("",), together=2
)


def smallest(keys: str = "yz", peers: str = "ab") -> RunConfig:
    config = WorkerConfig(suspicious_limit=2)
    return RunConfig(config, keys=tuple(keys), peers=tuple(peers), workload=PLAIN)
