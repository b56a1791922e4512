"""Contents of a written finding: its steps, the violation, and the messages before it."""

from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from workerfuzz.harness.cases.swimlanes.charting import excerpt
from workerfuzz.harness.cases.triage.signature import Signature
from workerfuzz.harness.engines.findings.finding import first_occurrence
from workerfuzz.harness.engines.findings.finding_writer import keep, look_closer
from workerfuzz.harness.subjects import declaration, get_cluster
from workerfuzz.harness.subjects.protocol import WorkerSubject
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject, ReferenceWorker
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.properties.property import Broken
from workerfuzz.statemachine.properties.worker.records import role_fits_state
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.worker_state import WorkerState
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.worker import parse


class Touchy(ReferenceWorker):
    """Breaks a property as soon as x is missing."""

    def check(self, touched: Collection[str] | None) -> Iterator[Broken]:
        if self.state("x") is State.MISSING:
            yield role_fits_state, "x is missing"


class TouchySubject(ReferenceSubject):
    def worker(self, config: WorkerConfig) -> WorkerSubject:
        return Touchy(WorkerState(config))


def test_a_finding_is_told_with_its_drawing(tmp_path: Path) -> None:
    world = WorkerWorld(TouchySubject())
    world.apply(parse("compute-task y needs x@b"))
    with pytest.raises(Violation) as caught:
        world.apply(parse("gather-dep-network-failure b"))
    finding = keep(TouchySubject(), caught.value, tmp_path)
    drawing = [*excerpt(finding.case.case, TouchySubject())]
    begin = finding.lines.index(drawing[0])
    assert finding.lines[begin : begin + len(drawing)] == drawing
    assert "✗ role_fits_state" in drawing[-1]
    assert drawing[0].split()[:2] == ["scheduler", "worker"]
    assert finding.lines[-1].startswith("replay it: ")


@pytest.mark.parametrize("name", ["reference", "dask"])
def test_production_mode_is_told_of_subjects_that_have_one(name: str) -> None:
    if name == "dask":
        pytest.importorskip("distributed")
    broken = "wanted_keys_resolve"
    violation = Violation(broken, "It.", "w0: why", at_rest=True, run_config=ClusterRunConfig())
    finding = first_occurrence(violation, Signature(broken), name)
    look_closer(get_cluster(name), finding, violation, "walk")
    told = [line for line in finding.lines if line.startswith("in production mode")]
    assert finding.severity
    assert bool(told) == declaration(name).has_production_mode
