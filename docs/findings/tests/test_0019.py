import asyncio
from distributed import wait
from distributed.utils_test import (
    BlockedExecute,
    async_poll_for,
    gen_cluster,
    wait_for_state,
)


def succeed(*inputs):
    return 0


def constant(value, *inputs):
    return value


@gen_cluster(
    client=True,
    nthreads=[("127.0.0.1", 1)],
    Worker=BlockedExecute,
)
async def test_a_task_that_is_let_go_with_its_input_and_wanted_again_runs(client, s, w0):
    """a task that is let go with its input and wanted again runs without the input

    Expected: Dask logs no error, but what a user is to see.
    Instead, with distributed 2026.8.0:
      a thread could not begin: KeyError in _input (return actors[key] if key in actors
        else self.machine.data[key]): 'a', of a task that had been cancelled
    Failed in 6 of 6 runs with distributed 2026.8.0: Failed: condition not reached after
      5 seconds
    """
    w0.block_execute.set()
    w0.block_execute_exit.set()
    a = (await client.scatter({"a": 0}, workers=[w0.address]))["a"]
    await wait([a])
    w0.block_execute.clear()
    b = client.submit(succeed, a, key="b")
    await wait_for_state("b", "executing", w0)
    a.release()
    b.release()
    await async_poll_for(lambda: not ("a" in client.futures or "b" in client.futures), 5)
    await async_poll_for(lambda: "a" not in s.tasks, 5)
    await wait_for_state("a", "released", w0)
    b = client.submit(constant, 1, key="b")
    await wait_for_state("b", "processing", s)
    await asyncio.sleep(0.1)
    w0.block_execute.set()
    await async_poll_for(lambda: b.status == "finished", 5)
    await client.gather([b])
