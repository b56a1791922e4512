"""A case as a test that needs ``distributed`` and nothing of ours, in the idiom of Dask's own tests."""

from dataclasses import dataclass

from workerfuzz.harness.cases.export.client_program import derive
from workerfuzz.harness.cases.export.cluster_script import cluster_script
from workerfuzz.harness.cases.export.cluster_test import cluster_test
from workerfuzz.harness.cases.export.expected import shown
from workerfuzz.harness.cases.export.trial import TIMES, Trial, try_out
from workerfuzz.harness.cases.export.worker_test import EventRecorder, worker_test
from workerfuzz.harness.cases.format.case import Case, CaseError, ScopeName
from workerfuzz.harness.subjects import AnySubject


@dataclass(frozen=True, slots=True)
class ExportedTest:
    """A test of a case.

    Attributes:
        form: the means of ``distributed.utils_test`` that it is written with.
        text: the whole file.
        trial: outcomes where it was tried; None for one that always fails.
    """

    form: str
    text: str
    trial: Trial | None = None

    @property
    def result(self) -> str:
        """The form, and how often it failed."""
        if self.trial is None:
            return self.form
        return f"{self.form}, failed {self.trial.failed} of {len(self.trial.errors)} times"


def export(case: Case, subject: AnySubject) -> ExportedTest:
    """Return a test of a case; one of a cluster is tried on real clusters.

    Args:
        subject: the Dask that is installed. What a case breaks there, the test shows; a case of one
            worker that breaks nothing there has what it says in ``breaks:``.

    Raises:
        CaseError: there is nothing to show, or no way to write it down.
        SubjectUnavailable: Dask cannot be had here.
    """
    if case.scope is ScopeName.PROCESS:
        raise CaseError("a case of processes is not written as a test so far", path=case.place)
    if case.scope is ScopeName.WORKER:
        return ExportedTest("ws", of_a_worker(case, subject))
    found = shown(case, subject)
    program = derive(found)
    text = cluster_test(found, program)
    if case.fixes:
        cured = try_out(text, 1, case.fixes[:1])
        if cured.failed:
            raise CaseError(
                f"in a real cluster its test fails with the trial fix, too ({cured.usual})",
                path=case.place,
            )
    trial = try_out(text)
    if not trial.failed:
        raise CaseError(f"in a real cluster its test passes {TIMES} times", path=case.place)
    often = f"Failed in {trial.failed} of {TIMES} runs with {found.releases}: {trial.usual}"
    return ExportedTest("gen_cluster", cluster_test(found, program, often), trial)


def export_script(case: Case, subject: AnySubject) -> str:
    """Return a file that plays a case step by step, in a cluster without a network.

    Raises as ``export``.
    """
    if case.scope is ScopeName.PROCESS:
        raise CaseError("a case of processes is not written as a script so far", path=case.place)
    if case.scope is ScopeName.WORKER:
        return of_a_worker(case, subject)
    return cluster_script(shown(case, subject))


def of_a_worker(case: Case, subject: AnySubject) -> str:
    recorder = EventRecorder()
    return worker_test(shown(case, subject, recorder), recorder.events)
