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
async def test_a_worker_is_thought_to_be_waiting_for_a_scattered_key_that(client, s, w0, w1):
    """a worker is thought to be waiting for a scattered key that was lost

    Expected: The scheduler's own validation finds nothing wrong.
    Instead, with distributed 2026.8.0:
      AssertionError in validate_state (assert not ws.occupancy)
    Failed in 6 of 6 runs with distributed 2026.8.0: AssertionError
    """
    a = (await client.scatter({"a": 0}, workers=[w1.address]))["a"]
    await wait([a])
    with freeze_batched_send(s.stream_comms[w0.address]):
        b = client.submit(succeed, a, key="b", workers=[w0.address])
        await wait_for_state("b", "processing", s)
        await w1.close(executor_wait=False)
        await async_poll_for(lambda: "b" not in s.tasks, 5)
