"""The exceptions of worlds: a step broke a property, or was impossible."""

from dataclasses import dataclass, field

from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.worker import Step
from workerfuzz.strategies.worker.run_config import RunConfig


class ImpossibleStep(Exception):
    """A step cannot happen now. Its world is as it was."""


@dataclass(eq=False)
class Violation(Exception):
    """A step broke a property. The run is over: its world must not be used any more.

    Attributes:
        property: name of the property.
        sentence: what it says.
        counterexample: what shows that it does not hold, in one line or a few.
        steps: the run up to the step that broke it; at rest, the whole run.
        at_rest: nothing was wrong until the steps were over.
        run_config: all that was fixed before the first step.
    """

    property: str
    sentence: str
    counterexample: str
    steps: tuple[Step, ...] = field(default=(), repr=False)
    at_rest: bool = False
    run_config: RunConfig | ClusterRunConfig = field(default_factory=RunConfig, repr=False)

    def __str__(self) -> str:
        return f"{self.property}: {self.sentence}\n{self.counterexample}"
