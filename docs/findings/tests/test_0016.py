from distributed.utils_test import (
    async_poll_for,
    freeze_batched_send,
    gen_cluster,
    wait_for_state,
)


def succeed(*inputs):
    return 0


@gen_cluster(client=True, nthreads=[("127.0.0.1", 1)])
async def test_stealing_keeps_tasks_that_were_forgotten_as_long_as_none_of(client, s, w0):
    """stealing keeps tasks that were forgotten, as long as none of their kind has
    finished

    Expected: Nothing is left of anything once every client has let go of everything.
    Instead, with distributed 2026.8.0:
      stealing: unknown_durations: a
    Failed in 6 of 6 runs with distributed 2026.8.0: Failed: condition not reached after
      5 seconds
    """
    with freeze_batched_send(s.stream_comms[w0.address]):
        a = client.submit(succeed, key="a")
        await wait_for_state("a", "processing", s)
        a.release()
        await async_poll_for(lambda: "a" not in client.futures, 5)
        await async_poll_for(lambda: "a" not in s.tasks, 5)
    await async_poll_for(lambda: not getattr(s.extensions["stealing"], "unknown_durations", None), 5)
