"""Keeping a bug that may take the process with it: it is shown again, shrunk and written, in forks."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from workerfuzz.harness.campaigns.executors.protocol import ShardRequest
from workerfuzz.harness.campaigns.executors.sandbox import Death, apart
from workerfuzz.harness.campaigns.executors.sandboxed_shrink import (
    Attempts,
    broken_by,
    mark_of,
    shrink_apart,
)
from workerfuzz.harness.campaigns.findings.finding import (
    Finding,
    keep_as_it_is,
    note_consequence,
    note_kept,
)
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.wire import from_json, to_json
from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.case import Case
from workerfuzz.harness.cases.format.saving import Saved, save
from workerfuzz.harness.cases.replay.record import unplayed
from workerfuzz.harness.cases.triage.known_bugs import DEADLY, breaks_one_of, known_cases
from workerfuzz.harness.cases.triage.severity import HARM, Consequence, Severity, consequence
from workerfuzz.harness.cases.triage.signature import Signature
from workerfuzz.harness.engines.shrink.finding_writer import WrittenFinding, found_by, title_of
from workerfuzz.harness.engines.shrink.shrink import Shrunk
from workerfuzz.harness.subjects import fuzzed_alone, get_cluster
from workerfuzz.harness.worlds.violation import Violation

#: What is said of a bug that its steps alone do not show.
NOT_AGAIN = (
    "taken alone, these steps do not show it: perhaps it needs what came before in its process"
)


def keep(errand: ShardRequest, it: Finding) -> Finding | None:
    """What became of a bug whose case has all of its steps.

    Returns:
        None where the steps do not show it, and something outside may have ended the process.

    Raises:
        SubjectUnavailable: the system cannot be had here.
    """
    case = casefile.parse(it.case)
    attempts = attempts_of(errand, case)
    shown = attempts.replay(case.steps, case.config)
    if shown is None or shown.property != it.signature[0]:
        return None if errand.outside else as_it_was(errand, it)
    mark = mark_of(shown)
    signature = (mark.property, mark.exception, mark.about)
    it = replace(it, signature=signature, counterexample=shown.counterexample)
    it.known = known_as(errand.plan, attempts, mark)
    if it.known:
        return replace(it, case="")
    shrunk = shrink_apart(attempts, shown)
    note_kept(it, finding(errand, shrunk))
    if errand.plan.scope == "cluster":
        note_consequence(it, harm(attempts, shrunk.violation))
    return it


def attempts_of(errand: ShardRequest, case: Case) -> Attempts:
    """Replays of steps on the subject of a plan; coming to rest may take the longest."""
    plan, limits = errand.plan, errand.limits
    subject: Any = (
        fuzzed_alone(plan.subject) if plan.scope == "worker" else get_cluster(plan.subject)
    )
    subject.version()  # imported before the first fork
    at_rest = case.scenes[-1].step is None
    patient = replace(limits, step_s=limits.rest_s if at_rest else limits.step_s)
    return Attempts(subject, plan.scope, Path(errand.box), patient)


def finding(errand: ShardRequest, shrunk: Shrunk) -> WrittenFinding:
    """It is written as a case."""
    broken, plan = shrunk.violation, errand.plan
    found = found_by(plan.engine, shrunk.before, len(broken.steps))
    case = unplayed(broken, plan.subject, title=title_of(broken), found=found)
    saved = save(case, Path(errand.out)) if errand.out else Saved(casefile.format(case), None)
    return WrittenFinding(mark_of(broken), shrunk, case, saved)


def as_it_was(errand: ShardRequest, it: Finding) -> Finding:
    """It is written with all of its steps."""
    keep_as_it_is(it, Path(errand.out) if errand.out else None)
    it.lines.append(NOT_AGAIN)
    return it


def known_as(plan: Plan, attempts: Attempts, mark: Signature) -> str:
    """Name or title of the case that shows it already; empty where there is none."""
    for seen in plan.seen:
        if seen.signature == mark:
            return seen.case
    if plan.known and plan.scope == "cluster":
        for case in known_cases():
            if breaks_one_of(case, attempts.subject, DEADLY):
                shown = attempts.replay(case.steps, case.config)
                if shown is not None and mark_of(shown) == mark:
                    return case.title
    return ""


def harm(attempts: Attempts, violation: Violation) -> Consequence:
    """What it leads to in production mode."""
    if violation.property in DEADLY:
        return Consequence(HARM[violation.property], violation.counterexample.partition("\n")[0])

    def follow() -> bytes:
        follows = consequence(attempts.subject, violation)
        return to_json((follows.severity.name, follows.told))

    done = apart(follow, attempts.box, attempts.limits)
    if isinstance(done, Death):
        return Consequence(HARM[broken_by(done).name], str(done))
    severity, told = from_json(done, tuple[str, str])
    return Consequence(Severity[severity], told)
