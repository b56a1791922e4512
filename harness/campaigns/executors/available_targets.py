"""The targets that can be fuzzed in the environment of another Python."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from workerfuzz.harness.campaigns.executors.interpreter import CannotCarry
from workerfuzz.harness.campaigns.executors.requests import NoAnswer, answering, ask
from workerfuzz.harness.campaigns.plan.targets import Target, targets
from workerfuzz.harness.subjects.protocol import SubjectUnavailable

#: Seconds in which everything there is imported.
PATIENCE_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request for targets; the arguments of ``targets``."""

    subjects: list[str]
    scope: str | None


def targets_there(
    python: str, subjects: Iterable[str], scope: str | None = None
) -> Mapping[Target, str]:
    """Return the targets there, with their versions. Raises CannotCarry."""
    wanted = Wanted([*subjects], scope)
    try:
        return dict(ask(python, __name__, wanted, list[tuple[Target, str]], PATIENCE_S))
    except NoAnswer as error:
        raise CannotCarry(f"{python}: {error}") from None


def offered(wanted: Wanted) -> list[tuple[Target, str]]:
    return [*targets(wanted.subjects, wanted.scope).items()]


if __name__ == "__main__":
    answering(Wanted, offered, (SubjectUnavailable,))
