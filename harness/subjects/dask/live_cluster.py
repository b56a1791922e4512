"""Reads what concerns stuck keys from a live cluster, without changing it.

No client is registered: the scheduler is asked by plain RPCs, and passes questions on to its workers.
Each worker has a time limit of its own; one that does not answer keeps nobody else waiting.

Source: distributed 2026.8.0, scheduler.py, Scheduler.run_function and broadcast; worker.py, run.
"""

import asyncio
import json
import logging
import pickle
import zlib
from collections.abc import Mapping, Sequence
from typing import Final

import cloudpickle
from distributed.core import rpc
from distributed.security import Security

from workerfuzz.harness.subjects.dask import collecting
from workerfuzz.harness.subjects.dask.instrumentation import DaskObject

#: Ways in which an answer may be encoded: nothing that comes back is unpickled.
DESERIALIZERS: Final = ("dask", "msgpack", "error")

#: Bytes of one answer, at most.
MOST_NBYTES: Final = 2**28

#: Share of the time limit that the scheduler has; the rest is for the workers.
OF_SCHEDULER: Final = 0.5


class ClusterUnreachable(Exception):
    """A cluster that cannot be read; says why in one line."""


def read_live(address: str, time_limit_s: float) -> dict[str, object]:
    """Return a dump of what concerns keys that are wanted and not there.

    Raises:
        ClusterUnreachable: the scheduler did not answer, or refuses.
    """
    logger = logging.getLogger("distributed")
    before, logger.disabled = logger.disabled, True
    try:
        return asyncio.run(collected(address, time_limit_s))
    finally:
        logger.disabled = before


async def collected(address: str, time_limit_s: float) -> dict[str, object]:
    """Ask the scheduler, then all workers at the same time."""
    deadline = asyncio.get_running_loop().time() + time_limit_s
    try:
        async with asyncio.timeout(time_limit_s * OF_SCHEDULER):
            found = await of_scheduler(address)
    except TimeoutError:
        waited = time_limit_s * OF_SCHEDULER
        raise ClusterUnreachable(f"the scheduler did not answer within {waited:g} s") from None
    except MemoryError:  # the first bytes are taken for the length of what follows
        raise ClusterUnreachable("what answers there is no scheduler of Dask") from None
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ClusterUnreachable(said(error)) from None
    scheduler, keys = found["scheduler"], [as_key(raw_key) for raw_key in found["keys"]]
    names = [*scheduler["workers"]]
    answers = await asyncio.gather(*(of_worker(address, name, keys, deadline) for name in names))
    return {
        "scheduler": scheduler,
        "workers": dict(zip(names, answers, strict=True)),
        "versions": {"scheduler": {"packages": found["packages"]}},
    }


def said(error: BaseException) -> str:
    """Return an error in one line."""
    text = " ".join(str(error).split())
    return text[:200] if text else type(error).__name__


def as_key(raw: object) -> object:
    """Return a key as Dask has it: the lists of JSON are tuples there."""
    return tuple(map(as_key, raw)) if isinstance(raw, list) else raw


def connection(address: str) -> DaskObject:
    """Return an RPC to a scheduler, with the certificates of Dask's configuration."""
    arguments = Security().get_connection_args("client")
    return rpc(address, connection_args=arguments, deserializers=[*DESERIALIZERS])


def sent(function: DaskObject) -> bytes:
    """Return a function by value."""
    cloudpickle.register_pickle_by_value(collecting)
    try:
        return bytes(cloudpickle.dumps(function))
    finally:
        cloudpickle.unregister_pickle_by_value(collecting)


async def of_scheduler(address: str) -> DaskObject:
    async with connection(address) as scheduler:
        answer = await scheduler.run_function(function=sent(collecting.collect_scheduler))
        found = unpacked(answer)
        versions = await scheduler.versions()
        packages = versions.get("packages", {}) if isinstance(versions, dict) else {}
        found["packages"] = {"distributed": dict(packages).get("distributed")}
        return found


async def of_worker(
    address: str, worker: str, keys: Sequence[object], deadline: float
) -> Mapping[str, object] | str:
    """Return the answer of one worker, or why there is none."""
    message = {
        "op": "run",
        "function": sent(collecting.collect_worker),
        "kwargs": pickle.dumps({"keys": keys}),
    }
    try:
        async with asyncio.timeout_at(deadline), connection(address) as scheduler:
            answers = await scheduler.broadcast(msg=message, workers=[worker], on_error="return")
            found = unpacked(answers[worker])
            return found if isinstance(found, dict) else "its answer is none"
    except TimeoutError:
        return "no answer in time"
    except (OSError, ValueError, TypeError, RuntimeError, KeyError) as error:
        return said(error)


def unpacked(answer: DaskObject) -> DaskObject:
    """Return the result of a function that ran elsewhere. Raises RuntimeError."""
    if not isinstance(answer, dict) or answer.get("status") != "OK":
        text = answer.get("text") if isinstance(answer, dict) else answer
        raise RuntimeError(f"it could not run a function: {text or answer}")
    data = zlib.decompressobj().decompress(bytes(answer["result"]), MOST_NBYTES)
    return json.loads(data)
