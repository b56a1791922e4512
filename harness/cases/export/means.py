"""The imports of a test with ``gen_cluster``, and the small functions that its tasks call."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.cases.export.python_source import COLUMNS
from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER

#: Functions and classes of a test, by name.
DEFINITIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "succeed": 'def succeed(*inputs):\n    return 0',
        "constant": 'def constant(value, *inputs):\n    return value',
        "fail": 'def fail(*inputs):\n    raise RuntimeError("failed")',
        "apply": 'def apply(function, *inputs):\n    return function()',
        "block": 'def block(event, *inputs):\n    event.wait()',
        "block_and_fail": (
            'def block_and_fail(event, *inputs):\n    event.wait()\n    raise RuntimeError("failed")'
        ),
        "Counter": "class Counter:\n    def __init__(self, *inputs):\n        pass",
        "Unreadable": (
            'class Unreadable:\n    """Deserialises as what ``load`` returns."""\n\n'
            "    def __init__(self, load):\n        self.load = load\n\n"
            "    def __reduce__(self):\n        return self.load, ()"
        ),
        "Blocked": "class Blocked(BlockedExecute, BlockedGatherDep):\n    pass",
    }
)  # fmt: skip

#: Modules that names of a test are imported from.
IMPORTS: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "": ("asyncio",),
        "contextlib": ("ExitStack",),
        "dask.highlevelgraph": ("HighLevelGraph", "MaterializedLayer"),
        "distributed": ("Client", "Event", "Reschedule", "Status", "Worker", "wait"),
        "distributed.utils_test": (
            "BlockedExecute", "BlockedGatherDep", "async_poll_for", "freeze_batched_send",
            "gen_cluster", "varying", "wait_for_state",
        ),
    }
)  # fmt: skip


def with_its_means(body: str) -> str:
    """Return the file of a test, with the imports and functions that it uses."""
    used = names(body)
    parts = [text for name, text in DEFINITIONS.items() if name in used]
    used |= names("\n".join(parts))
    imports = [
        line
        for module, known in IMPORTS.items()
        if (some := [name for name in known if name in used])
        for line in imported(module, some)
    ]
    return "\n\n\n".join(["\n".join(imports), *parts, body]) + "\n"


def names(source: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def imported(module: str, some: Sequence[str]) -> Iterator[str]:
    if not module:
        yield from (f"import {name}" for name in some)
        return
    line = f"from {module} import {', '.join(some)}"
    if len(line) <= COLUMNS:
        yield line
    else:
        yield from (f"from {module} import (", *(f"    {name}," for name in some), ")")


#: Names that stand for something else in a test.
RESERVED: Final = frozenset({"s", "client", "c1"})


def variable(key: str) -> str:
    """Name of the future of a key."""
    name = key.replace("-", "")
    return f"{name}_" if name in RESERVED or re.fullmatch(r"w\d+", name) else name


def client_name(name: str) -> str:
    return "client" if name == "c0" else name


def stream(sender: str, receiver: str) -> str:
    """The ``BatchedSend`` from one party to another."""
    if sender == SCHEDULER:
        if receiver.startswith("c"):
            return f"s.client_comms[{client_name(receiver)}.id]"
        return f"s.stream_comms[{receiver}.address]"
    return (
        f"{client_name(sender)}.scheduler_comm"
        if sender.startswith("c")
        else f"{sender}.batched_stream"
    )
