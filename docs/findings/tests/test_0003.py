from distributed import wait
from distributed.utils_test import async_poll_for, gen_cluster, varying


def succeed(*inputs):
    return 0


def fail(*inputs):
    raise RuntimeError("failed")


@gen_cluster(client=True, nthreads=[("127.0.0.1", 2)])
async def test_a_task_that_is_tried_again_with_one_of_its_two_failed_inputs(client, s, w0):
    """a task that is tried again with one of its two failed inputs waits for the other

    Expected: No event that can happen makes the worker raise, or go in circles.
    Instead, with distributed 2026.8.0:
      AssertionError in _transition_released_waiting (assert dts.state not in
        {"forgotten", "erred"}, (), where dts is erred
    Failed in 6 of 6 runs with distributed 2026.8.0: AssertionError: ("<TaskState 'c'
      released>", "<TaskState 'b' erred>", deque([Transition(key='a', start='released',
      finish='waiting', recommendations={'a': ...
    """
    run_a = varying([RuntimeError("failed"), 0])
    a = client.submit(run_a, key="a")
    await wait([a])
    b = client.submit(fail, key="b")
    await wait([b])
    c = client.submit(succeed, a, b, key="c")
    await wait([c])
    await client.retry([a])
    expected = ["finished", "error", "error"]
    await async_poll_for(lambda: [it.status for it in (a, b, c)] == expected, 5)
    await client.gather([a])
