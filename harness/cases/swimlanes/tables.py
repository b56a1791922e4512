"""Every table after a step: of the parties under test, and of what surrounds them."""

from collections.abc import Mapping
from typing import Any, Final

from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER, Envelope
from workerfuzz.harness.subjects.tables import ClusterHasTables, Tables, filled, said, viewed

__all__ = ["SURROUNDINGS", "cluster_tables", "viewed"]

#: What the tables of mailboxes, threads and transfers stand under.
SURROUNDINGS: Final = "surroundings"


def cluster_tables(world: Any) -> Mapping[str, Tables]:
    """Of a ``ClusterWorld``, by party."""
    cluster = world.cluster
    found: dict[str, Tables] = {
        client: filled(
            {
                "wants": {key: str(world.books.told[client].get(key, "-")) for key in wanted},
                "cancelled": dict.fromkeys(world.books.held[client], ""),
            }
        )
        for client, wanted in world.books.wants.items()
    }
    for party in (SCHEDULER, *world.present):
        if isinstance(cluster, ClusterHasTables):
            found[party] = cluster.tables(party)
        elif party != SCHEDULER:
            found[party] = viewed(cluster.worker(party))
        else:
            known = cluster.keys()
            found[party] = {"tasks": {key: str(cluster.state(key)) for key in known}}
    found[SURROUNDINGS] = filled(
        {
            "mailboxes": {
                f"{sender}->{receiver}": "; ".join(words(world, post) for post in box)
                for (sender, receiver), box in world.mail.items()
            },
            "threads to begin": named(world.issued),
            "threads": {
                f"{worker} {key}": "in its slot" if (worker, key) in world.slotted else "seceded"
                for worker, key in world.running
            },
            "transfers": transfers(world),
            "to be asked again": named(world.retrying),
            "paused": dict.fromkeys(world.paused, ""),
            "dead, unnoticed": dict.fromkeys(world.unnoticed, ""),
        }
    )
    return {party: tables for party, tables in found.items() if tables}


def words(world: Any, post: Envelope) -> str:
    """What is in a mailbox."""
    said: str = world.trace.sent_as(post).words()
    return said


def named(pairs: Any) -> dict[str, str]:
    return {" ".join(pair): "" for pair in pairs}


def transfers(world: Any) -> dict[str, str]:
    """How far each has come."""
    found = {}
    for (worker, peer), gather in world.open.items():
        asked = said(gather.keys)
        if (worker, peer) in world.served:
            held = said(tuple(world.served[worker, peer]))
            found[f"{worker} from {peer}"] = f"asked for {asked}; {held} under way"
        elif (worker, peer) in world.asked:
            found[f"{worker} from {peer}"] = f"asked for {asked}; not served"
        else:
            found[f"{worker} from {peer}"] = f"asked for {asked}; {peer} is dead"
    return found
