"""Keeping a bug that may take the process with it: it is shown again, shrunk and written, in forks."""

import dataclasses
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from workerfuzz.harness.campaigns.executors.protocol import ShardRequest
from workerfuzz.harness.campaigns.executors.sandbox import Death, apart
from workerfuzz.harness.campaigns.executors.sandboxed_shrink import (
    Attempts,
    broken_by,
    mark_of,
    shrink_apart,
)
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.wire import from_json, to_json
from workerfuzz.harness.cases.format.case import Case
from workerfuzz.harness.cases.replay.record import unplayed
from workerfuzz.harness.cases.triage.known_bugs import DEADLY, breaks_one_of, known_cases
from workerfuzz.harness.cases.triage.severity import HARM, Consequence, Severity, consequence
from workerfuzz.harness.engines.findings.finding import Finding, FindingCase
from workerfuzz.harness.engines.findings.finding_writer import (
    found_by,
    set_shrunk_case,
    title_of,
    write_and_report,
    write_unshrunk,
)
from workerfuzz.harness.engines.shrink.shrink import Shrunk
from workerfuzz.harness.subjects import fuzzed_alone, get_cluster
from workerfuzz.harness.worlds.violation import Violation

#: What is said of a bug that its steps alone do not show.
NOT_AGAIN = (
    "taken alone, these steps do not show it: perhaps it needs what came before in its process"
)


def keep(errand: ShardRequest, finding: Finding) -> Finding | None:
    """Show, shrink and write a bug whose case has all of its steps.

    Returns:
        None where the steps do not show it, and something outside may have ended the process.

    Raises:
        SubjectUnavailable: the system cannot be had here.
    """
    case = finding.case.case
    attempts = attempts_of(errand, case)
    shown = attempts.replay(case.steps, case.config)
    folder = Path(errand.out) if errand.out else None
    if shown is None or shown.property != finding.signature.property:
        if errand.outside:
            return None
        write_unshrunk(finding, folder)
        finding.lines.append(NOT_AGAIN)
        return finding
    finding = replace(finding, signature=mark_of(shown), counterexample=shown.counterexample)
    finding.known = known_as(errand.plan, attempts, finding)
    if finding.known:
        return replace(finding, case=FindingCase())
    shrunk = shrink_apart(attempts, shown)
    set_shrunk_case(finding, shrunk, FindingCase(case_of(errand.plan, shrunk)))
    if errand.plan.scope == "cluster":
        finding.set_consequence(harm(attempts, shrunk.violation))
    write_and_report(finding, folder)
    return finding


def case_of(plan: Plan, shrunk: Shrunk) -> Case:
    """The case of steps that cannot be taken in this process."""
    broken = shrunk.violation
    found = found_by(plan.engine, shrunk.before, len(broken.steps))
    return unplayed(broken, plan.subject, title=title_of(broken), found=found)


def attempts_of(errand: ShardRequest, case: Case) -> Attempts:
    """Replays of steps on the subject of a plan; coming to rest may take the longest."""
    plan, limits = errand.plan, errand.limits
    subject: Any = (
        fuzzed_alone(plan.subject) if plan.scope == "worker" else get_cluster(plan.subject)
    )
    subject.version()  # imported before the first fork
    at_rest = case.scenes[-1].step is None
    patient = dataclasses.replace(limits, step_s=limits.rest_s if at_rest else limits.step_s)
    return Attempts(subject, plan.scope, Path(errand.box), patient)


def known_as(plan: Plan, attempts: Attempts, finding: Finding) -> str:
    """Title or file name of the case that shows it already; empty where there is none."""
    seen = plan.case_of(finding)
    if seen or not plan.known or plan.scope != "cluster":
        return seen
    for case in known_cases():
        if breaks_one_of(case, attempts.subject, DEADLY):
            shown = attempts.replay(case.steps, case.config)
            if shown is not None and mark_of(shown) == finding.signature:
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
