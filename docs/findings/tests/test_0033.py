from distributed.utils_test import (
    async_poll_for,
    freeze_batched_send,
    gen_cluster,
    wait_for_state,
)


class Counter:
    def __init__(self, *inputs):
        pass


@gen_cluster(client=True, nthreads=[("127.0.0.1", 1)])
async def test_a_worker_counts_an_actor_for_ever_that_was_let_go_before_it(client, s, w0):
    """a worker counts an actor for ever that was let go before it was made

    Expected: The scheduler's own validation finds nothing wrong.
    Instead, with distributed 2026.8.0:
      AssertionError in validate_worker_state (assert ts.state in ("memory",
        "processing")), where ts is forgotten
    Failed in 6 of 6 runs with distributed 2026.8.0: AssertionError
    """
    with freeze_batched_send(s.stream_comms[w0.address]):
        a = client.submit(Counter, key="a", actor=True)
        await wait_for_state("a", "processing", s)
        a.release()
        await async_poll_for(lambda: "a" not in client.futures, 5)
        await async_poll_for(lambda: "a" not in s.tasks, 5)
