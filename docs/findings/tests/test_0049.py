from distributed import Status, Worker, wait
from distributed.utils_test import (
    async_poll_for,
    freeze_batched_send,
    gen_cluster,
    wait_for_state,
)


def succeed(*inputs):
    return 0


class Counter:
    def __init__(self, *inputs):
        pass


@gen_cluster(
    client=True,
    nthreads=[("127.0.0.1", 1), ("127.0.0.1", 1), ("127.0.0.1", 1)],
)
async def test_the_reader_of_an_actor_that_was_lost_stays_on_its_worker_for(client, s, w0, w1, w2):
    """the reader of an actor that was lost stays on its worker for ever

    Expected: The worker's own validation finds nothing wrong.
    Instead, with distributed 2026.8.0:
      AssertionError in validate_state (assert ts_wait.state in WAITING_FOR_DATA,
        self.story(ts_wait)), where ts_wait is released
    Failed in 1 of 6 runs with distributed 2026.8.0: Failed: condition not reached after
      5 seconds
    """
    async with Worker(s.address, nthreads=1) as w3:
        w3.status = Status.paused
        await async_poll_for(lambda: s.workers[w3.address].status == Status.paused, 5)
        async with Worker(s.address, nthreads=1) as w4:
            b = (await client.scatter({"b": 0}, workers=[w4.address]))["b"]
            await wait([b])
            a = client.submit(Counter, key="a", workers=[w2.address], actor=True)
            await wait([a])
            with freeze_batched_send(s.stream_comms[w4.address]):
                c = client.submit(succeed, a, b, key="c", workers=[w4.address])
                await wait_for_state("c", "processing", s)
                await w2.close(executor_wait=False)
                await wait([a, c])
            expected = ["finished", "error", "error"]
            await async_poll_for(lambda: [it.status for it in (b, a, c)] == expected, 5)
