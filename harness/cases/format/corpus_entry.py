"""A stem: the beginning of a run, kept because it reached something first. Other runs grow from it."""

from dataclasses import dataclass

from workerfuzz.harness.worlds.scopes import AnyRunConfig
from workerfuzz.strategies.worker import Step


@dataclass(frozen=True, slots=True)
class CorpusEntry:
    """What a corpus consists of. Two are equal if they say the same.

    Attributes:
        universe: what the run took place in; its variety is the usual one, a run that grows from it
            has its own.
        steps: up to the last one that reached something new.
        reached: features that no run had reached before, in that order.
        subject: name and version of the system that it reached them on.
    """

    run_config: AnyRunConfig
    steps: tuple[Step, ...]
    reached: tuple[str, ...] = ()
    subject: str = ""

    @property
    def subject_name(self) -> str:
        """Name of the system, without its version."""
        return self.subject.partition(" ")[0]
