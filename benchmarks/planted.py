"""Time until bugs planted in Dask's processes are found, in CPU seconds each.

    python benchmarks/planted.py [--limit 120] [NAME ...]

Each bug is a change of one method of ``worker.py``, ``client.py``, ``core.py`` or ``batched.py``, in a
Python of its own. It counts as found once a run breaks a property that the same steps do not break
without it.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

from aims import Aim, all_of, summary

from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.subjects import get_processes
from workerfuzz.harness.worlds.playing import violation_of
from workerfuzz.harness.worlds.scopes import PROCESS
from workerfuzz.harness.worlds.violation import Violation

#: CPU seconds within which each bug is to be found.
LIMIT_S: Final = 120.0

#: Makes a method of Dask another one.
Change = Callable[[Any], Callable[..., Any]]


def lost_wake_up(send: Any) -> Callable[..., Any]:
    """The sender of a stream is woken only if nothing else waits to be sent, and by nothing later."""

    def changed(self: Any, *messages: Any) -> None:
        if self.next_deadline is None and self.batch_count % 3 == 2:
            self.message_count += len(messages)
            self.buffer.extend(messages)
        else:
            send(self, *messages)

    return changed


def unflushed_close(close: Any) -> Callable[..., Any]:
    """A stream that closes drops what has not been sent."""

    def changed(self: Any, timeout: Any = None) -> Any:
        self.buffer.clear()
        return close(self, timeout)

    return changed


def forgotten_subscriptions(reconnect: Any) -> Callable[..., Any]:
    """A client that connects again does not cancel the futures of its former connection."""

    async def changed(self: Any) -> None:
        futures = dict(self.futures)
        self.futures.clear()
        await reconnect(self)
        self.futures.update(futures)

    return changed


def unreleased_reference(dec_ref: Any) -> Callable[..., Any]:
    """The release of a key is forgotten while the client has many others."""

    def changed(self: Any, key: Any) -> None:
        if len(self.futures) > 1 and self.refcount[key] == 1:
            del self.refcount[key]
            self.futures.pop(key, None)
        else:
            dec_ref(self, key)

    return changed


def unfinished_scatter(scatter: Any) -> Callable[..., Any]:
    """A scattered value is not known to be finished, unless the scheduler says so."""

    async def changed(self: Any, *args: Any, **named: Any) -> Any:
        made = await scatter(self, *args, **named)
        for key in [future for future in self.futures if self.futures[future].status == "finished"][
            -1:
        ]:
            self.futures[key].lose()
        return made

    return changed


def half_closed_worker(handle: Any) -> Callable[..., Any]:
    """A worker goes on when its connection to the scheduler has broken."""

    async def changed(self: Any, comm: Any) -> None:
        await self.handle_stream(comm)

    return changed


def silent_retirement(send: Any) -> Callable[..., Any]:
    """A worker that is about to close drops its messages."""

    def changed(self: Any, message: Any) -> None:
        if self.status.name != "closing_gracefully":
            send(self, message)

    return changed


def incomplete_answer(get_data: Any) -> Callable[..., Any]:
    """Of several keys that a peer asks for, the last is left out."""

    async def changed(self: Any, comm: Any, keys: Any, **named: Any) -> Any:
        return await get_data(self, comm, [*keys][:-1] or keys, **named)

    return changed


def lost_message(handle: Any) -> Callable[..., Any]:
    """The last of three or more messages in a batch is not handled."""

    async def changed(self: Any, comm: Any, extra: Any = None) -> None:
        read = comm.read

        async def read_fewer(*args: Any, **named: Any) -> Any:
            messages = await read(*args, **named)
            is_long = isinstance(messages, tuple | list) and len(messages) > 2
            return messages[:-1] if is_long else messages

        comm.read = read_fewer
        await handle(self, comm, extra)

    return changed


def racing_heartbeat(close: Any) -> Callable[..., Any]:
    """The callbacks of a server go on while it closes."""

    async def changed(self: Any, *args: Any, **named: Any) -> Any:
        kept = dict(self.periodic_callbacks)
        self.periodic_callbacks.clear()
        try:
            return await close(self, *args, **named)
        finally:
            self.periodic_callbacks.update(kept)

    return changed


#: (module, class and method, change).
BUGS: Final[dict[str, tuple[str, str, Change]]] = {
    "lost wake-up": ("batched", "BatchedSend.send", lost_wake_up),
    "unflushed close": ("batched", "BatchedSend.close", unflushed_close),
    "forgotten subscriptions": ("client", "Client._reconnect", forgotten_subscriptions),
    "unreleased reference": ("client", "Client._dec_ref", unreleased_reference),
    "unfinished scatter": ("client", "Client._scatter", unfinished_scatter),
    "half-closed worker": ("worker", "Worker.handle_scheduler", half_closed_worker),
    "silent retirement": ("worker", "Worker.batched_send", silent_retirement),
    "incomplete answer": ("worker", "Worker.get_data", incomplete_answer),
    "lost message": ("core", "Server.handle_stream", lost_message),
    "racing heartbeat": ("core", "Server.close", racing_heartbeat),
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Have a bug in Dask for a while."""
    module, place, change = BUGS[name]
    owner_name, _, method = place.partition(".")
    owner = getattr(import_module(f"distributed.{module}"), owner_name)
    before = getattr(owner, method)
    setattr(owner, method, change(before))
    try:
        yield
    finally:
        setattr(owner, method, before)


def found_after(name: str, limit_s: float) -> dict[str, object]:
    """Return the CPU seconds until a bug is found, and what was broken; nothing where it is not."""
    system = get_processes("dask")
    system.version()
    began = time.process_time()
    runs = 0
    while time.process_time() - began < limit_s:
        runs += 1
        with planted(name):
            try:
                walk(system, f"planted/{runs}", None, PROCESS)
            except Violation as caught:
                violation = caught
            else:
                continue
        without = violation_of(PROCESS.open(system, violation.run_config), violation.steps)
        if without is None or without.property != violation.property:
            seconds = time.process_time() - began
            return {"seconds": seconds, "property": violation.property, "runs": runs}
    return {}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Time until planted bugs are found.")
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="CPU seconds of each")
    parser.add_argument("--here", action="store_true", help="one, in this process; used by itself")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args(arguments)
    if options.here:
        print(json.dumps(found_after(options.names[0], options.limit)))
        return
    names = options.names or [*BUGS]
    aims: list[Aim] = []
    command = [sys.executable, "-W", "ignore", __file__]
    for name in names:
        done = subprocess.run(
            [*command, "--here", "--limit", str(options.limit), name],
            check=True,
            capture_output=True,
            text=True,
        )
        found = json.loads(done.stdout.splitlines()[-1])
        text = f"{found['seconds']:.1f} s, {found['property']}" if found else "not found"
        aims.append(Aim(name, f"{options.limit:g} s", text, bool(found)))
        print(f"{name}: {text}", flush=True)
    aims.append(all_of("bugs found", "all", sum(bool(aim.met) for aim in aims), len(aims)))
    print(f"\n{summary(aims)}")


if __name__ == "__main__":
    main()
