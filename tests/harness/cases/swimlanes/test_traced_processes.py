"""Whole processes are drawn as swimlanes, like clusters."""

import pytest
from examples.process_runs import OLDEST, in_own_process, is_simulated

pytestmark = pytest.mark.skipif(
    not is_simulated(), reason=f'needs distributed >={OLDEST}: pip install "workerfuzz[dask]"'
)

PROGRAM = """
from workerfuzz.harness.cases.format.case import Case, CaseStep, ScopeName
from workerfuzz.harness.cases.swimlanes.charting import chart_of
from workerfuzz.strategies.cluster.run_config import ClusterConfig
steps = steps_of('submit c0 a want a; flow; cut c1>scheduler.1; dies w0; join w0')
case = Case(title='', subjects=('dask',), scope=ScopeName.PROCESS, config=ClusterConfig(),
            scenes=tuple(map(CaseStep, steps)))
chart = chart_of(case, get_processes('dask'), tables=True)
arrows = [[it.sender, it.receiver, *it.says, it.sent, it.ended, str(it.fate)] for it in chart.arrows]
tell({
    'lanes': [[lane.name, lane.until] for lane in chart.lanes],
    'arrows': arrows,
    'spans': [[span.lane, span.about, span.how] for span in chart.spans],
    'changes': [str(it) for it in chart.rows[2].changes],
    'tables': sorted(chart.rows[2].tables),
})
"""


def test_a_chart_tells_what_was_written_and_when_it_arrived() -> None:
    chart = in_own_process(PROGRAM)
    assert [name for name, _ in chart["lanes"]] == ["c0", "c1", "scheduler", "w0", "w1"]
    assert ["c0", "scheduler", "update-graph", 1, 2, "arrived"] in chart["arrows"]
    assert ["scheduler", "w0", "compute-task", 2, 2, "arrived"] in chart["arrows"]
    assert not any("heartbeat" in str(arrow) for arrow in chart["arrows"])
    assert ["w0", "a", "ended"] in chart["spans"]
    assert "a: - -> executing" in chart["changes"]
    assert {"c0", "scheduler", "w0"} <= {*chart["tables"]}
