"""Dask's own scheduler without what needs a socket, a directory or a clock."""

import logging
from typing import Any, Final

from workerfuzz.harness.subjects.dask.cluster.streams import Streams

#: More transitions than any call should cause; Dask raises then.
MOST_TRANSITIONS: Final = 10_000


class Unconnected:
    """What a scheduler does not do here, over the methods of Dask's."""

    def _setup_logging(self, logger: Any) -> None: ...

    def start_http_server(self, *args: Any, **named: Any) -> None: ...

    def log_event(self, topic: Any, msg: Any) -> None: ...

    def digest_metric(self, name: Any, value: float) -> None: ...

    async def handle_worker(self, comm: Any, worker: str) -> None: ...

    @staticmethod
    def materialize_graph(graph: Any) -> Any:
        """Between 2023.4.1 and 2023.9; later, ``offload`` does it."""
        return graph.materialized_by_key

    def coerce_address(self, addr: str, resolve: bool = True) -> str:
        return addr

    def __repr__(self) -> str:
        return "<Scheduler>"


def outspoken(stealing: type[Any]) -> type[Any]:
    """A subclass of a release's ``WorkStealing`` that logs an error where it raises.

    The scheduler catches what its plugins raise in a transition, and goes on.
    """
    logger = logging.getLogger(stealing.__module__)

    class OutspokenStealing(stealing):  # type: ignore[misc]  # known at run time only
        """A WorkStealing whose exceptions do not get lost."""

        def transition(self, *args: Any, **named: Any) -> None:
            try:
                stealing.transition(self, *args, **named)
            except Exception:
                logger.exception("Stealing failed in a transition")
                raise

    return OutspokenStealing


def embedded(scheduler: type[Any]) -> type[Any]:
    """A subclass of a release's ``Scheduler`` that is never started."""
    slots = [name for base in scheduler.__mro__ for name in getattr(base, "__slots__", ())]

    class EmbeddedScheduler(Unconnected, scheduler):  # type: ignore[misc]  # known at run time only
        """A Scheduler whose messages go into ``Streams``."""

        def listen_to(self, streams: Streams, clients: Streams) -> None:
            """Where messages to workers and to clients go."""
            self.stream_comms = streams
            self.client_comms = clients

        def forget_everything(self) -> None:
            """It refers to itself in a hundred ways; nothing of it is used after this."""
            type(self)._instances.discard(self)
            self.tasks.clear()
            self.__dict__.clear()
            for name in slots:
                if hasattr(self, name):
                    delattr(self, name)

    return EmbeddedScheduler
