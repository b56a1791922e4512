from distributed import wait
from distributed.utils_test import async_poll_for, freeze_batched_send, gen_cluster


def succeed(*inputs):
    return 0


class Counter:
    def __init__(self, *inputs):
        pass


@gen_cluster(client=True, nthreads=[("127.0.0.1", 1)])
async def test_a_task_whose_key_was_an_actor_is_not_computed_again_when_its(client, s, w0):
    """a task whose key was an actor is not computed again when its worker dies

    Expected: No event that can happen makes the worker raise, or go in circles.
    Instead, with distributed 2026.8.0:
      AssertionError in _transition_memory_erred (assert ts.actor)
    Failed in 6 of 6 runs with distributed 2026.8.0: AssertionError: (<TaskState 'a'
      forgotten>, None, 'memory')
    """
    with freeze_batched_send(client.scheduler_comm):
        a = client.submit(Counter, key="a", actor=True)
        a.release()
        await async_poll_for(lambda: "a" not in client.futures, 5)
    await async_poll_for(lambda: "a" not in s.tasks, 5)
    await async_poll_for(lambda: "a" not in w0.state.tasks, 5)
    a = client.submit(succeed, key="a")
    await wait([a])
    await w0.close(executor_wait=False)
