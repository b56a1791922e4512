"""Reproduction and shrinking of findings that may end the process: every replay is a fork."""

import dataclasses
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from workerfuzz.harness.campaigns.executors.protocol import Limits, ReproduceCrash
from workerfuzz.harness.campaigns.executors.sandbox import Death, run_in_fork
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.wire import from_json, to_json
from workerfuzz.harness.cases.format.case import Case, unplayed
from workerfuzz.harness.cases.replay.recovery import recover
from workerfuzz.harness.cases.triage.known_bugs import DEADLY, breaks_one_of, known_cases
from workerfuzz.harness.cases.triage.severity import HARM, Consequence, Severity, consequence
from workerfuzz.harness.engines.findings.finding import Finding, FindingCase, case_among
from workerfuzz.harness.engines.findings.finding_writer import (
    found_by,
    report_unshrunk,
    set_shrunk_case,
    signature_of,
    title_of,
    unshrunk_finding,
    violation_of,
)
from workerfuzz.harness.engines.shrink.shrink import Shrinker, Shrunk, replay
from workerfuzz.harness.subjects import declaration, system, trial_fixes
from workerfuzz.harness.worlds.scopes import SCOPES
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.properties.crashes import every_call_returns, process_survives
from workerfuzz.statemachine.properties.property import AnyProperty
from workerfuzz.strategies.worker import Step

#: What one attempt may take while shrinking: a run that ends takes some hundredths of a second.
QUICK: Final = Limits(step_s=0.5, silent_s=2.0)


#: Wall time after which shrinking stops with what it has, in seconds.
PATIENCE_S: Final = 120.0

#: What is said of a bug that its steps alone do not show.
NOT_AGAIN = (
    "taken alone, these steps do not show it: perhaps it needs what came before in its process"
)


def broken_by(death: Death) -> AnyProperty:
    """The property that a process breaks which dies so."""
    return every_call_returns if death.overdue else process_survives


def evidence(death: Death) -> str:
    """The counterexample: how it ended, and where it was."""
    return "\n".join(filter(None, (str(death), death.where)))


class Attempts:
    """Replays of steps, each in a fork.

    Attributes:
        subject: the system, as a worker or a cluster; it is imported before.
        log: file of the write-ahead log of a fork.
        limits: what a fork may take.
        dying_s: CPU time that the last fork took which died by itself, in seconds.
    """

    def __init__(self, subject: Any, scope: str, log: Path, limits: Limits) -> None:
        self.subject = subject
        self.scope = SCOPES[scope]
        self.log = log
        self.limits = limits
        self.dying_s = 0.0

    def replay(self, steps: Sequence[Step], config: Any) -> Violation | None:
        """Return the violation of these steps; the end of the process is one."""

        def attempt() -> bytes:
            violation = replay(self.subject, config, steps, self.scope)
            findings = [unshrunk_finding(self.subject, violation)] if violation is not None else []
            return to_json(findings)

        result = run_in_fork(attempt, self.log, self.limits)
        if isinstance(result, Death):
            return self.death(result)
        findings = from_json(result, list[Finding])
        return violation_of(findings[0]) if findings else None

    def death(self, death: Death) -> Violation | None:
        """It died of the step that its log ends with. None: of something else."""
        if not death.overdue:
            self.dying_s = death.cpu_s
        run = recover(self.log)
        return None if run is None else run.breaking(broken_by(death), evidence(death))


class ContainedShrinker(Shrinker):
    """Takes steps away where that can do no harm; its patience is measured by the clock on the wall."""

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, attempts: Attempts, violation: Violation, patience_s: float) -> None:
        super().__init__(attempts.subject, violation, patience_s, signature_of)
        self.attempts = attempts

    def replay(self, steps: Sequence[Step], config: Any) -> Violation | None:
        return self.attempts.replay(steps, config)


def shrink_in_forks(
    attempts: Attempts, violation: Violation, patience_s: float = PATIENCE_S
) -> Shrunk:
    """The smallest run that we find with the same signature, confirmed by one more attempt.

    Attempts are given up early, so that loops cost little, but not before the bug had time to show:
    twice as long as it took the last time. What is left of the run is then taken with all the patience
    there is. Where it does not show the bug, nothing was shrunk.
    """
    limits = attempts.limits
    step_s = max(QUICK.step_s, 2 * attempts.dying_s)
    quick = dataclasses.replace(limits, step_s=step_s, silent_s=QUICK.silent_s)
    hasty = Attempts(attempts.subject, violation.run_config.scope, attempts.log, quick)
    shrunk = ContainedShrinker(hasty, violation, patience_s).run()
    last = attempts.replay(shrunk.steps, shrunk.config)
    if last is not None and signature_of(last) == signature_of(violation):
        return dataclasses.replace(shrunk, violation=last)
    return Shrunk(violation, len(violation.steps), shrunk.replays, True, shrunk.stopped)


def reproduce(request: ReproduceCrash) -> Finding | None:
    """Reproduce a crash with the trial fixes of its plan in place; as ``reproduce_with``."""
    with trial_fixes(request.plan.subject, request.plan.fixed) as fixed:
        return reproduce_with(request, fixed)


def reproduce_with(request: ReproduceCrash, fixed: Collection[str]) -> Finding | None:
    """Show and shrink a finding that has the case of all its steps.

    Returns:
        None where the steps do not show it, and something outside may have ended the process.

    Raises:
        SubjectUnavailable: the system cannot be had here.
    """
    finding = request.finding
    case = finding.case.case
    attempts = attempts_of(request, case)
    shown = attempts.replay(case.steps, case.config)
    if shown is None or shown.property != finding.signature.property:
        if request.is_doubtful:
            return None
        report_unshrunk(finding)
        finding.lines.append(NOT_AGAIN)
        return finding
    finding = replace(finding, signature=signature_of(shown), counterexample=shown.counterexample)
    finding.known = known_as(request.plan, attempts, finding, fixed)
    if finding.known:
        return replace(finding, case=FindingCase())
    shrunk = shrink_in_forks(attempts, shown)
    set_shrunk_case(finding, shrunk, FindingCase(case_of(request.plan, shrunk)))
    if request.plan.scope == "cluster":
        declared = declaration(request.plan.subject)
        finding.set_consequence(
            harm(attempts, shrunk.violation), has_production_mode=declared.has_production_mode
        )
    return finding


def case_of(plan: Plan, shrunk: Shrunk) -> Case:
    """The case of steps that cannot be taken in this process."""
    broken = shrunk.violation
    found = found_by(plan.engine, shrunk.before, len(broken.steps))
    return unplayed(broken, plan.subject, title=title_of(broken), found=found)


def attempts_of(request: ReproduceCrash, case: Case) -> Attempts:
    """Replays of steps on the subject of a plan; coming to rest may take the longest."""
    plan, limits = request.plan, request.limits
    subject: Any = system(plan.subject, plan.scope)
    subject.version()  # imported before the first fork
    at_rest = case.scenes[-1].step is None
    patient = dataclasses.replace(limits, step_s=limits.rest_s if at_rest else limits.step_s)
    return Attempts(subject, plan.scope, Path(request.log), patient)


def known_as(plan: Plan, attempts: Attempts, finding: Finding, fixed: Collection[str] = ()) -> str:
    """Title or file name of the case that shows it already; empty where there is none."""
    seen = case_among(finding, plan.seen)
    if seen or not plan.known or plan.scope == "worker":
        return seen
    for case in known_cases():
        if breaks_one_of(case, attempts.subject, DEADLY) and not {*case.fixes} & {*fixed}:
            shown = attempts.replay(case.steps, case.config)
            if shown is not None and signature_of(shown) == finding.signature:
                return case.title
    return ""


def harm(attempts: Attempts, violation: Violation) -> Consequence:
    """Return the consequence in production mode."""
    if violation.property in DEADLY:
        return Consequence(HARM[violation.property], violation.counterexample.partition("\n")[0])

    def follow() -> bytes:
        follows = consequence(attempts.subject, violation)
        return to_json((follows.severity.name, follows.detail))

    done = run_in_fork(follow, attempts.log, attempts.limits)
    if isinstance(done, Death):
        return Consequence(HARM[broken_by(done).name], str(done))
    severity, detail = from_json(done, tuple[str, str])
    return Consequence(Severity[severity], detail)
