"""Signatures: equal for two findings of the same bug."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from workerfuzz.harness.subjects.protocol import subject_frames
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.properties.crashes import process_survives
from workerfuzz.strategies.worker.run_config import PEERS, RunConfig

_DIGEST: Final = re.compile(r"\b[0-9a-f]{8}\b")
_NUMBER: Final = re.compile(r"[0-9]+(\.[0-9]+)?")


class Signature(NamedTuple):
    """Compared for equality.

    Attributes:
        property: name of the property that was broken.
        exception: type of what the subject raised; empty where it raised nothing.
        about: tells bugs apart that break the same property: function and line of the subject that
            raised; in a cluster, else, the counterexample without names and numbers.
    """

    property: str
    exception: str = ""
    about: str = ""

    def __str__(self) -> str:
        said = "; ".join(part for part in (self.exception, self.about) if part)
        return f"{self.property} ({said})" if said else self.property


def signature(violation: Violation) -> Signature:
    """The signature of one violation."""
    raised = violation.__cause__
    if violation.run_config.scope == "worker" and violation.property != process_survives.name:
        exception = type(raised).__name__ if raised is not None else ""
        return Signature(violation.property, exception, innermost(raised) if raised else "")
    return located(violation)


def located(violation: Violation) -> Signature:
    """The signature with what it is about, whatever the scope: it is the same at both."""
    raised = violation.__cause__
    exception = type(root(raised)).__name__ if raised is not None else ""
    about = place(raised) if raised is not None else ""
    return Signature(violation.property, exception, about or normalised(violation))


def root(error: BaseException) -> BaseException:
    """Return the exception that was raised first."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def place(error: BaseException) -> str:
    """Transition that was underway, and where the subject raised: a function and its line."""
    edges = (getattr(it, name, None) for it in (error, root(error)) for name in ("start", "finish"))
    edge = " -> ".join(dict.fromkeys(str(it) for it in edges if it is not None))
    return "; ".join(part for part in (edge, innermost(error)) if part)


def innermost(error: BaseException) -> str:
    """Return function and line of the subject that raised; empty for the reference, which is ours."""
    frames = subject_frames(root(error))
    return f"{frames[-1].name}: {frames[-1].line}" if frames else ""


def normalised(violation: Violation) -> str:
    """The counterexample without the names of keys and parties, and without numbers."""
    text = _DIGEST.sub("N", violation.counterexample.partition("\n")[0])
    for key in sorted((*violation.run_config.keys, "f"), key=len, reverse=True):
        text = re.sub(rf"(?<![\w-]){re.escape(key)}(?![\w-])", "KEY", text)
    for peer in peers_of(violation.run_config):
        text = re.sub(rf"(?<![\w-]){re.escape(peer)}(?![\w-])", "PEER", text)
    text = re.sub(r"\bw[0-9]+\b", "WORKER", text)
    text = re.sub(r"\bc[0-9]+\b", "CLIENT", text)
    text = _NUMBER.sub("N", text)
    return re.sub(r"\b(KEY|PEER|WORKER|CLIENT)(,? \1\b)+", r"\1", text)


def peers_of(run_config: object) -> Iterable[str]:
    """Names of other workers, whether a run had them or not: the case of it has them."""
    return dict.fromkeys((*run_config.peers, *PEERS)) if isinstance(run_config, RunConfig) else ()
