from distributed import wait
from distributed.utils_test import async_poll_for, freeze_batched_send, gen_cluster


def succeed(*inputs):
    return 0


@gen_cluster(client=True, nthreads=[("127.0.0.1", 1)])
async def test_a_key_that_is_submitted_again_is_cancelled_by_the_news_that(client, s, w0):
    """a key that is submitted again is cancelled by the news that it was cancelled
    before

    Expected: No request is ended by what the scheduler sent before it got the request.
    Instead, with distributed 2026.8.0:
      c0 asked for a again, and its former request being cancelled ended that
    Failed in 6 of 6 runs with distributed 2026.8.0: FuturesCancelledError: 1 Future
      cancelled:
    """
    a = client.submit(succeed, key="a")
    await wait([a])
    with freeze_batched_send(client.scheduler_comm):
        await client.cancel([a])
        a = client.submit(succeed, key="a")
    await wait([a])
    await async_poll_for(lambda: a.status == "finished", 5)
