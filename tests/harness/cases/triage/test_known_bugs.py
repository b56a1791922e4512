"""A bug is known by the signature that its case declares, on the releases that its case names."""

from pathlib import Path

import pytest

from workerfuzz.harness.cases.format.case import Case, ScopeName
from workerfuzz.harness.cases.format.casefile import format as written
from workerfuzz.harness.cases.format.casefile import parse
from workerfuzz.harness.cases.replay.replay import ReplayOutcome, replay
from workerfuzz.harness.cases.triage.known_bugs import Known, known_bugs, known_cases
from workerfuzz.harness.cases.triage.signature import Signature, signature
from workerfuzz.harness.engines.shrink.shrink import replay as violation_by
from workerfuzz.harness.subjects import get, get_cluster
from workerfuzz.harness.worlds.scopes import CLUSTER
from workerfuzz.strategies.cluster import CLUSTER_STEPS

LOST = Signature(
    "wanted_keys_resolve", "", "CLIENT waits for KEY: KEY is no-worker on the scheduler"
)
RAISED = Signature("no_handler_raises", "KeyError", "stimulus_retry: ts = self.tasks[key]")

CASE = """\
workerfuzz-case 1
title: a task that may run elsewhere does not where a worker joins
scope: cluster
subject: dask
breaks: wanted_keys_resolve on dask {versions}
{signature}config: workers=1

> dies w0
> notice w0
> submit c0 a[on=w0,loose] want a
> deliver c0->scheduler
> join w1
"""


def a_case(shape: str = LOST.shape, versions: str = ">=2022.7.0") -> Case:
    declared = f"signature: {shape}\n" if shape else ""
    return parse(CASE.format(versions=versions, signature=declared))


@pytest.fixture(autouse=True)
def _with_dask() -> None:
    pytest.importorskip("distributed")


def known_in(folder: Path, case: Case) -> Known:
    (folder / "0001-a.case").write_text(written(case), encoding="utf-8")
    return known_bugs(get_cluster("dask"), folder)


def test_a_bug_is_known_by_what_its_case_declares(tmp_path: Path) -> None:
    known = known_in(tmp_path, a_case())
    found = known.case_of(LOST)
    assert found is not None
    assert found.title == a_case().title


def test_what_a_case_happens_to_show_is_not_what_it_declares(tmp_path: Path) -> None:
    case = a_case("CLIENT waits for KEY: KEY is released on the scheduler")
    assert known_in(tmp_path, case).case_of(LOST) is None
    assert replay(case, get("dask")).outcome is ReplayOutcome.BROKEN


def test_on_a_release_that_the_case_does_not_name_the_bug_is_new(tmp_path: Path) -> None:
    assert known_in(tmp_path, a_case(versions="<2022.7.0")).case_of(LOST) is None


def test_without_a_declaration_the_property_that_is_said_to_break_counts(tmp_path: Path) -> None:
    assert known_in(tmp_path, a_case("")).case_of(LOST) is not None


def test_the_same_shape_of_another_property_is_new_unless_it_was_raised() -> None:
    case = a_case()
    known = Known(
        {
            LOST.shape: [(LOST.property, case)],
            RAISED.shape: [(RAISED.property, case)],
        }
    )
    assert known.case_of(LOST._replace(property="nothing_is_left")) is None
    assert known.case_of(RAISED._replace(property="nothing_is_logged_as_error")) is case


def test_an_exception_is_known_whichever_property_noticed_it() -> None:
    """0061 tells that it is logged as an error; here it is raised while a message is handled."""
    dask = get_cluster("dask")
    words = {kind.word: kind for kind in CLUSTER_STEPS}
    text = "submit c0 a b(a)[cpu=1,loose] want b"
    step = words["submit"].parse(text.split()[1:])
    violation = violation_by(dask, CLUSTER.config.__class__(workers=1), [step], CLUSTER)
    assert violation is not None
    assert violation.property == "no_handler_raises"
    known = known_bugs(dask).case_of(signature(violation))
    if dask.version() != "2026.8.0":
        pytest.skip("which bugs are known is looked up for distributed 2026.8.0")
    assert known is not None
    assert known.path is not None
    assert known.path.name.startswith("0061")


def test_every_known_bug_declares_its_signature() -> None:
    of_clusters = [case for case in known_cases() if case.scope is ScopeName.CLUSTER]
    assert not [case.title for case in of_clusters if not case.signatures]
