from distributed import wait
from distributed.utils_test import async_poll_for, gen_cluster


def fail(*inputs):
    raise RuntimeError("failed")


@gen_cluster(client=True, nthreads=[("127.0.0.1", 1)])
async def test_validation_looks_for_a_key_that_is_forgotten_because_it_is(client, s, w0):
    """validation looks for a key that is forgotten because it is tried again without
    its input

    Expected: No event that can happen makes the worker raise, or go in circles.
    Instead, with distributed 2026.8.0:
      KeyError in stimulus_retry (assert not self.tasks[key].exception_blame): 'b'
    Failed in 6 of 6 runs with distributed 2026.8.0: KeyError: 'b'
    """
    a = (await client.scatter({"a": 0}, workers=[w0.address]))["a"]
    await wait([a])
    b = client.submit(fail, a, key="b")
    await wait([b])
    await w0.close(executor_wait=False)
    await async_poll_for(lambda: "a" not in s.tasks, 5)
    await client.retry([b])
