"""Processes take nothing of the machine, are the same in every process, and leave nothing behind."""

from pathlib import Path

import pytest
from examples.process_runs import OLDEST, in_own_process, is_simulated

pytestmark = pytest.mark.skipif(
    not is_simulated(), reason=f'needs distributed >={OLDEST}: pip install "workerfuzz[dask]"'
)


def test_no_socket_no_thread_no_sleep() -> None:
    result = in_own_process(
        "import socket, threading, time\n"
        "opened().close()\n"
        "refused(socket.socket, 'bind'); refused(socket.socket, 'connect')\n"
        "refused(threading.Thread, 'start'); refused(time, 'sleep')\n"
        "tell(played('submit c0 a b(a) want b; flow; succeed w0 a; dies w0; flow'))"
    )
    assert "broken" not in result
    assert len(result["effects"]) == 5


def test_the_same_run_has_the_same_frames_in_every_process_under_every_hash_seed() -> None:
    one, *others = (in_own_process("tell(digests(range(4, 8)))", line) for line in ("0", "1", "2"))
    assert others == [one, one]
    assert sum(map(len, one)) > 60


def test_everything_is_as_before_once_it_is_closed() -> None:
    result = in_own_process(
        "import gc, logging, random, sys, time, uuid, warnings\n"
        "from workerfuzz.harness.subjects.dask.process.patches import bindings\n"
        "def state():\n"
        "    loggers = [logging.getLogger(it) for it in ('distributed', 'distributed.worker')]\n"
        "    return [\n"
        "        [getattr(it.owner, it.name) is it.original for it in bindings()],\n"
        "        [[it.level, len(it.handlers), it.propagate] for it in loggers],\n"
        "        len(warnings.filters), gc.isenabled(), sys.unraisablehook is sys.__unraisablehook__,\n"
        "        random.getstate()[1][:3],\n"
        "    ]\n"
        "before = state()\n"
        "world = opened()\n"
        "during = state()\n"
        "world.close()\n"
        "tell([before == state(), before == during, all(before[0])])"
    )
    assert result == [True, False, True]


def test_nothing_of_a_simulation_stays_alive() -> None:
    result = in_own_process(
        "import gc\n"
        "kinds = ('Scheduler', 'Worker', 'Client', 'ProcessWorld')\n"
        "for _ in range(3):\n"
        "    played('submit c0 a b(a) want b; flow; succeed w0 a; dies w0')\n"
        "gc.collect()\n"
        "tell([type(it).__name__ for it in gc.get_objects() if type(it).__name__ in kinds])"
    )
    assert result == []


def test_a_process_in_which_dask_is_in_use_is_refused() -> None:
    result = in_own_process(
        "from distributed import Client\n"
        "class InUse: pass\n"
        "client = InUse()\n"
        "Client._instances.add(client)\n"
        "tell(attempt(opened))"
    )
    assert result.startswith(
        "SubjectUnavailable: a simulation of processes needs a process of its own"
    )


def test_every_name_that_is_patched_is_there() -> None:
    result = in_own_process(
        "from workerfuzz.harness.subjects.dask.process.patches import PATCHES\n"
        "tell([it.place for it in PATCHES if attempt(it.owner_and_name)])"
    )
    assert result == []


def test_a_name_that_is_no_longer_there_is_told() -> None:
    result = in_own_process(
        "from workerfuzz.harness.subjects.dask.process.patches import Patch, by\n"
        "tell([attempt(Patch(place, by(None), 'why').owner_and_name) for place in\n"
        "      ('distributed.worker:gone', 'distributed.gone:x', 'distributed.worker:Worker.gone')])"
    )
    assert [line.partition(":")[0] for line in result] == [
        "AttributeError",
        "ModuleNotFoundError",
        "AttributeError",
    ]


def test_the_page_lists_every_replaced_name() -> None:
    page = (Path(__file__).parents[5] / "docs" / "processes.md").read_text(encoding="utf-8")
    rows = in_own_process(
        "from workerfuzz.harness.subjects.dask.process.patches import PATCHES\n"
        "tell([[it.place, it.everywhere, it.reason, it.since] for it in PATCHES])"
    )
    for place, everywhere, reason, since in rows:
        where = " (everywhere)" if everywhere else ""
        assert f"| `{place}`{where} | {reason} | {since} |" in page
    assert page.count("| `distributed.") >= len(rows) // 2
