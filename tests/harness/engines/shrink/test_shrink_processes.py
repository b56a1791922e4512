"""A run of whole processes is shrunk by the same engine as any other."""

import pytest
from examples.process_runs import OLDEST, in_own_process, is_simulated

pytestmark = pytest.mark.skipif(
    not is_simulated(), reason=f'needs distributed >={OLDEST}: pip install "workerfuzz[dask]"'
)


def test_only_the_steps_that_matter_are_left() -> None:
    result = in_own_process(
        "from distributed import Client\n"
        "from workerfuzz.harness.engines.shrink.shrink import shrink\n"
        "from workerfuzz.harness.worlds.playing import violation_of\n"
        "Client._handle_task_erred = lambda self, **named: None\n"
        "text = 'submit c1 d b(d) want b; flow; tick; succeed w0 d; flow; submit c0 e want e; '\n"
        "text += 'flow; fail w0 b; release c0 e; flow'\n"
        "violation = violation_of(opened(text), steps_of(text))\n"
        "shrunk = shrink(get_processes('dask'), violation)\n"
        "tell([violation.property, [str(step) for step in shrunk.steps], shrunk.interrupted])"
    )
    assert result == [
        "wanted_keys_resolve",
        ["submit c0 a want a", "flow", "fail w0 a"],
        False,
    ]
