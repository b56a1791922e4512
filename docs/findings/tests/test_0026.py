from dask.highlevelgraph import HighLevelGraph, MaterializedLayer
from distributed import wait
from distributed.utils_test import async_poll_for, gen_cluster


def succeed(*inputs):
    return 0


def fail(*inputs):
    raise RuntimeError("failed")


@gen_cluster(client=True, nthreads=[("127.0.0.1", 1)])
async def test_a_new_task_with_a_failed_input_is_waited_for_by_its_reader(client, s, w0):
    """a new task with a failed input is waited for by its reader, which is more urgent

    Expected: Dask logs no error, but what a user is to see.
    Instead, with distributed 2026.8.0:
      AssertionError in _transition_released_waiting (assert dts.state not in
        {"forgotten", "erred"}, (), where dts is erred
    Failed in 2 of 6 runs with distributed 2026.8.0: AssertionError: ('waiting on
      released dep', "<TaskState 'c' waiting>", "<TaskState 'b' released>")
    """
    a = client.submit(fail, key="a")
    await wait([a])
    dsk = HighLevelGraph(
        {
            "a": MaterializedLayer({"a": (fail,)}),
            "b": MaterializedLayer({"b": (succeed, "a")}),
            "c": MaterializedLayer({"c": (succeed, "b")}, annotations={"priority": 1}),
        },
        {"a": set(), "b": {"a"}, "c": {"b"}},
    )
    b, c = client.get(dsk, ["b", "c"], sync=False)
    await client.submit(int)
    expected = ["error", "error", "error"]
    await async_poll_for(lambda: [it.status for it in (a, b, c)] == expected, 5)
