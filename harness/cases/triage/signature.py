"""Signatures: equal for two findings of the same bug."""

import builtins
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from workerfuzz.harness.subjects.protocol import CIRCUMSTANCES, subject_frames
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.properties.crashes import process_survives, state_can_be_read
from workerfuzz.strategies.worker.run_config import PEERS, RunConfig

_DIGEST: Final = re.compile(r"\b[0-9a-f]{8}\b")
_NUMBER: Final = re.compile(r"[0-9]+(\.[0-9]+)?")

#: The number of a content of a key: a name, not an amount.
_CONTENT: Final = re.compile(r"#[0-9]+")

#: Numbers in a counterexample whose order is told; more of them are a list, not a comparison.
MOST_RANKED: Final = 3


#: Broken by bugs that have nothing in common but that, at any scope.
TOLD_APART_BY_TEXT: Final = frozenset({process_survives.name, state_can_be_read.name})


class Signature(NamedTuple):
    """The property, place and shape of a violation.

    Two findings are the same bug if their ``bug`` is equal: an exception of the subject identifies a bug
    by itself, whichever property noticed it.

    Attributes:
        property: name of the property that was broken.
        exception: type of what the subject raised; empty where it raised nothing.
        about: tells bugs apart that break the same property: the transition under way, function and
            line of the subject that raised, and in which states; in a cluster, else, the
            counterexample without names, of its numbers only which is the larger.
    """

    property: str
    exception: str = ""
    about: str = ""

    @builtins.property
    def shape(self) -> str:
        """Exception and place in one line, as the ``signature:`` of a case declares them."""
        return "; ".join(part for part in (self.exception, self.about) if part)

    @builtins.property
    def bug(self) -> tuple[str, str, str]:
        """Key that is equal for the same bug."""
        return ("" if self.is_raised else self.property, self.exception, self.about)

    @builtins.property
    def is_raised(self) -> bool:
        """An exception of the subject, at a place that is known, identifies it."""
        return bool(self.exception and self.about)

    def __str__(self) -> str:
        return f"{self.property} ({self.shape})" if self.shape else self.property


def signature(violation: Violation) -> Signature:
    """The signature of one violation."""
    raised = violation.__cause__
    if violation.run_config.scope == "worker" and violation.property not in TOLD_APART_BY_TEXT:
        exception = type(raised).__name__ if raised is not None else ""
        about = (innermost(raised), circumstances(violation)) if raised is not None else ()
        return Signature(violation.property, exception, "; ".join(filter(None, about)))
    return located(violation)


def located(violation: Violation) -> Signature:
    """The signature with what it is about, whatever the scope: it is the same at both."""
    raised = violation.__cause__
    exception = type(root(raised)).__name__ if raised is not None else ""
    about = place(raised) if raised is not None else ""
    if about:
        about = "; ".join(filter(None, (about, circumstances(violation))))
    return Signature(violation.property, exception, about or normalised(violation))


def root(error: BaseException) -> BaseException:
    """Return the exception that was raised first."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def place(error: BaseException) -> str:
    """Transition that was underway, and where the subject raised: a function and its line."""
    names = ("start", "finish", "state")
    edges = (getattr(exception, name, None) for exception in (error, root(error)) for name in names)
    edge = " -> ".join(dict.fromkeys(str(edge) for edge in edges if edge is not None))
    return "; ".join(part for part in (edge, innermost(error)) if part)


def innermost(error: BaseException) -> str:
    """Return function and line of the subject that raised; empty for the reference, which is ours."""
    frames = subject_frames(root(error))
    return f"{frames[-1].name}: {frames[-1].line}" if frames else ""


def circumstances(violation: Violation) -> str:
    """Return the states and amounts that the subject's own assertion found; empty without any."""
    _, there, text = first_line(violation).rpartition(CIRCUMSTANCES)
    return without_names(violation, text) if there else ""


def first_line(violation: Violation) -> str:
    return violation.counterexample.partition("\n")[0]


def normalised(violation: Violation) -> str:
    """The counterexample without the names of keys and participants, and without numbers."""
    return without_names(violation, first_line(violation))


def without_names(violation: Violation, text: str) -> str:
    """A text with placeholders for keys, participants and numbers; the larger of two numbers is told."""
    text = _DIGEST.sub("N", text)
    for key in sorted((*violation.run_config.keys, "f"), key=len, reverse=True):
        text = re.sub(rf"(?<![\w-]){re.escape(key)}(?![\w-])", "KEY", text)
    for peer in peers_of(violation.run_config):
        text = re.sub(rf"(?<![\w-]){re.escape(peer)}(?![\w-])", "PEER", text)
    text = re.sub(r"\bw[0-9]+\b", "WORKER", text)
    text = re.sub(r"\bc[0-9]+\b", "CLIENT", text)
    text = _CONTENT.sub("#N", text)
    text = re.sub(r"\b(WORKER|PEER):[0-9]+", r"\1", text)
    text = ranked(text)
    return re.sub(r"\b(KEY|PEER|WORKER|CLIENT)(,? \1\b)+", r"\1", text)


def ranked(text: str) -> str:
    """The text with N for its number; with N1, N2 in rising order where it has two or three of them."""
    numbers = sorted({float(match[0]) for match in _NUMBER.finditer(text)})
    if not 1 < len(numbers) <= MOST_RANKED:
        return _NUMBER.sub("N", text)
    return _NUMBER.sub(lambda match: f"N{numbers.index(float(match[0])) + 1}", text)


def peers_of(run_config: object) -> Iterable[str]:
    """Names of other workers, whether a run had them or not: the case of it has them."""
    return dict.fromkeys((*run_config.peers, *PEERS)) if isinstance(run_config, RunConfig) else ()
