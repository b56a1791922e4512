"""Universes so small that different ways lead to the same place."""

from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.strategies.worker.run_config import Universe, Variety

#: Two contents of each key, and nothing else that could differ.
PLAIN = Variety(
    sizes=(None,), priorities=(0,), contents=(0, 1), actors=(False,), values=("",), together=2
)


def smallest(keys: str = "yz", peers: str = "ab") -> Universe:
    config = WorkerConfig(suspicious_limit=2)
    return Universe(config, keys=tuple(keys), peers=tuple(peers), variety=PLAIN)
