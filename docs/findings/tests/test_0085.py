from distributed import wait
from distributed.utils_test import (
    BlockedGatherDep,
    async_poll_for,
    gen_cluster,
    wait_for_state,
)


@gen_cluster(
    client=True,
    nthreads=[("127.0.0.1", 1), ("127.0.0.1", 1)],
    Worker=BlockedGatherDep,
)
async def test_a_value_arrives_by_request_while_it_is_being_copied_is_freed(client, s, w0, w1):
    """a value arrives by request while it is being copied, is freed and arrives again:
    the worker goes down when the copy comes

    Expected: No event that can happen makes the worker raise, or go in circles.
    Instead, with distributed 2026.8.0:
      KeyError in _gather_dep_done_common (self.in_flight_tasks.remove(ts)): <TaskState
        'a' memory>
    Failed in 6 of 6 runs with distributed 2026.8.0: KeyError: <TaskState 'a' memory>
    """
    for it in (s, w0.state, w1.state):
        it.validate = False
    w0.block_gather_dep.set()
    w1.block_gather_dep.set()
    a = (await client.scatter({"a": 0}, workers=[w0.address]))["a"]
    await wait([a])
    w1.block_gather_dep.clear()
    s.request_acquire_replicas(w1.address, ["a"], stimulus_id="test")
    await wait_for_state("a", "flight", w1)
    a = (await client.scatter({"a": 0}, workers=[w1.address]))["a"]
    await wait_for_state("a", "memory", w1)
    a.release()
    await async_poll_for(lambda: "a" not in client.futures, 5)
    await async_poll_for(lambda: "a" not in s.tasks, 5)
    await async_poll_for(lambda: "a" not in w0.state.tasks, 5)
    await async_poll_for(lambda: "a" not in w1.state.tasks, 5)
    a = (await client.scatter({"a": 0}, workers=[w1.address]))["a"]
    await wait([a])
    w1.block_gather_dep.set()
