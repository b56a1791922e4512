"""Tasks are pinned to workers where that leaves fewer steps."""

import pytest

from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.triage.known_bugs import FOLDER
from workerfuzz.harness.cases.triage.signature import signature
from workerfuzz.harness.engines.shrink import shrink as shrinking
from workerfuzz.harness.engines.shrink.pinning import assigned, with_pin
from workerfuzz.harness.engines.shrink.shrink import replay, shrink
from workerfuzz.harness.subjects import system
from workerfuzz.harness.worlds.scopes import CLUSTER
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig
from workerfuzz.strategies.worker import Step, parse

CONFIG = ClusterConfig(workers=2)


def steps(text: str) -> tuple[Step, ...]:
    return tuple(parse(line, BY_WORD) for line in text.splitlines())


def test_tasks_are_assigned_to_the_workers_that_they_were_given_to_first() -> None:
    graph = steps("submit c0 a b want a,b\ndeliver c0->scheduler\nsubmit c0 c(a) want c")
    found = assigned(system("reference", "cluster"), CONFIG, graph, CLUSTER)
    assert found == {(0, "a"): "w0", (0, "b"): "w1"}  # c was not delivered


def test_a_pinned_task_may_run_nowhere_else_and_a_restricted_one_stays() -> None:
    graph = steps("submit c0 a b[on=w1] want a,b")
    (submit,) = with_pin(graph, 0, "a", "w0")
    assert str(submit) == "submit c0 a[on=w0] b[on=w1] want a,b"
    assert with_pin(graph, 0, "b", "w0") == graph


def test_pins_that_do_not_help_are_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    subject = system("dask", "cluster")
    case = load(next(FOLDER.glob("0003-*.case")))
    violation = replay(subject, case.config, case.steps, CLUSTER)
    assert violation is not None
    plain = shrink(subject, violation, sign=signature)
    monkeypatch.setattr(shrinking, "LONG", 0)
    shrunk = shrink(subject, violation, sign=signature)
    assert shrunk.steps == plain.steps
    assert shrunk.did["pins"] > 0
