"""A case as a test that needs ``distributed`` and nothing of ours, in the idiom of Dask's own tests."""

from workerfuzz.harness.cases.export.cluster_test import cluster_test
from workerfuzz.harness.cases.export.expected import shown
from workerfuzz.harness.cases.export.worker_test import Listening, worker_test
from workerfuzz.harness.cases.format.case import Case, CaseError, ScopeName
from workerfuzz.harness.subjects import AnySubject


def export(case: Case, subject: AnySubject) -> str:
    """The text of the test.

    Args:
        subject: the Dask that is installed. What a case breaks there, the test shows; otherwise what
            the case says in ``breaks:``.

    Raises:
        CaseError: there is nothing to show, or no way to write it down.
        SubjectUnavailable: Dask cannot be had here.
    """
    if case.scope is ScopeName.PROCESS:
        raise CaseError("a case of processes is not written as a test so far", path=case.place)
    if case.scope is ScopeName.CLUSTER:
        return cluster_test(shown(case, subject))
    listening = Listening()
    return worker_test(shown(case, subject, listening), listening.told)
