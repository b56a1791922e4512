from distributed import wait
from distributed.utils_test import (
    async_poll_for,
    freeze_batched_send,
    gen_cluster,
    wait_for_state,
)


def succeed(*inputs):
    return 0


@gen_cluster(client=True, nthreads=[("127.0.0.1", 1), ("127.0.0.1", 1)])
async def test_a_worker_with_other_work_is_thought_to_be_waiting_for_a(client, s, w0, w1):
    """a worker with other work is thought to be waiting for a scattered key that was
    lost

    Expected: The scheduler's own validation finds nothing wrong.
    Instead, with distributed 2026.8.0:
      AssertionError in validate_state (assert actual_needs_what == ws.needs_what)
    Failed in 6 of 6 runs with distributed 2026.8.0: AssertionError
    """
    a = (await client.scatter({"a": 0}, workers=[w1.address]))["a"]
    await wait([a])
    with freeze_batched_send(s.stream_comms[w0.address]):
        b = client.submit(succeed, a, key="b", workers=[w0.address])
        await wait_for_state("b", "processing", s)
        c = client.submit(succeed, key="c", workers=[w0.address])
        await wait_for_state("c", "processing", s)
        await w1.close(executor_wait=False)
        await async_poll_for(lambda: "b" not in s.tasks, 5)
    await async_poll_for(lambda: c.status == "finished", 5)
