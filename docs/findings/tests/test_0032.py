import asyncio
from distributed import Event
from distributed.utils_test import async_poll_for, gen_cluster, wait_for_state


def succeed(*inputs):
    return 0


def constant(value, *inputs):
    return value


def block(event, *inputs):
    event.wait()


@gen_cluster(client=True, nthreads=[("127.0.0.1", 1)])
async def test_a_key_that_is_used_again_without_its_input_takes_that_input(client, s, w0):
    """a key that is used again without its input takes that input away from its worker

    Expected: Every key that a client wants is told to be finished, to have failed, or
      to be cancelled.
    Instead, with distributed 2026.8.0:
      c0 waits for a: a is processing on the scheduler, missing on workers
    Failed in 6 of 6 runs with distributed 2026.8.0: Failed: condition not reached after
      5 seconds
    """
    end_c = Event()
    [c] = client.get(
        {"a": (succeed,), "b": (succeed, "a"), "c": (block, end_c, "b")},
        ["c"],
        sync=False,
    )
    await wait_for_state("c", "executing", w0)
    c.release()
    await async_poll_for(lambda: "c" not in client.futures, 5)
    await async_poll_for(lambda: "a" not in s.tasks, 5)
    await wait_for_state("b", "released", w0)
    a = client.submit(succeed, key="a")
    await wait_for_state("a", "ready", w0)
    b = client.submit(constant, 1, key="b")
    await wait_for_state("b", "processing", s)
    await asyncio.sleep(0.1)
    await end_c.set()
    expected = ["finished", "finished"]
    await async_poll_for(lambda: [it.status for it in (a, b)] == expected, 5)
