"""Conditions under which nothing is left over in a table, as source."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

#: What is left over: whose table it is, and which.
_LEFT: Final = re.compile(r"(?P<owner>[^:]+(:0)?): (?P<table>\w[\w ]*)[:=]")


@dataclass(frozen=True, slots=True)
class Owners:
    """Expressions for those that have tables.

    Attributes:
        worker: the state of a worker, by its name.
        worker_there: that which the scheduler knows of a worker, by its name.
        client: that which the scheduler knows of a client, by its name.
    """

    scheduler: str
    stealing: str
    worker: str
    worker_there: str
    client: str

    def expression(self, owner: str) -> str:
        """Return the expression for an owner as ``residue`` calls it."""
        participant, _, which = owner.partition(" on ")
        if which.startswith("client "):
            return self.client.format(which.removeprefix("client "))
        if which:
            return self.worker_there.format(which.removesuffix(":0"))
        known = {"scheduler": self.scheduler, "stealing": self.stealing}
        return known.get(participant.split()[0], self.worker.format(owner))


def conditions(line: str, owners: Owners) -> Iterator[str]:
    """Yield the conditions under which a line such as ``w0: tasks: a`` is not true."""
    found = _LEFT.match(line)
    assert found is not None, line
    owner, name = found["owner"], found["table"]
    where = owners.expression(owner)
    if name == "used_resources":
        yield f"not any({where}.used_resources.values())"
    elif name == "resources in use":
        yield f"{where}.available_resources == {where}.total_resources"
    elif name.startswith("stealable on "):
        yield f"not any(map(any, {owners.stealing}.stealable.values()))"
    elif name in ("in_flight_occupancy", "in_flight_tasks") and owner == "stealing":
        yield f"not any({where}.{name}.values())"
    elif name in ("has_what", "data_needed", "data_needed_per_worker") and owner not in (
        "scheduler",
        "stealing",
    ):
        yield f"not any(getattr({where}.{name}, 'values', lambda: {where}.{name})())"
    elif "=" in line:
        yield f'abs(getattr({where}, "{name}", 0)) < 1e-6'
    else:
        yield f'not getattr({where}, "{name}", None)'
