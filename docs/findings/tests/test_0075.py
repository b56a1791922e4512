from distributed import wait
from distributed.utils_test import async_poll_for, gen_cluster, varying, wait_for_state


def succeed(*inputs):
    return 0


def apply(function, *inputs):
    return function()


@gen_cluster(client=True, nthreads=[("127.0.0.1", 1)])
async def test_a_key_whose_failed_input_is_behind_a_released_one_is_tried(client, s, w0):
    """a key whose failed input is behind a released one is tried again, and is pending
    for ever

    Expected: Another try is one of every failed input.
    Instead, with distributed 2026.8.0:
      c0 asked for another try, and a is still erred
    Failed in 6 of 6 runs with distributed 2026.8.0: Failed: condition not reached after
      5 seconds
    """
    for it in (s, w0.state):
        it.validate = False
    run_a = varying([0, RuntimeError("failed"), 0])
    run_c = varying([RuntimeError("failed"), 0])
    [c] = client.get(
        {"a": (run_a,), "b": (succeed, "a"), "c": (apply, run_c, "b")},
        ["c"],
        sync=False,
    )
    await wait([c])
    await wait_for_state("b", "released", s)
    await wait_for_state("b", "released", w0)
    a = client.submit(run_a, key="a")
    await wait([a])
    s.stimulus_retry(["c"])
    expected = ["finished", "finished"]
    await async_poll_for(lambda: [it.status for it in (c, a)] == expected, 5)
    await client.gather([c, a])
