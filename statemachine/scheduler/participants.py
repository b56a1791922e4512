"""Workers and clients, as the scheduler knows them."""

from dataclasses import dataclass, field, replace

from workerfuzz.statemachine.worker.config import WorkerConfig


@dataclass(slots=True, eq=False)
class WorkerRecord:
    """One worker. Dicts with None as values are sets in the order of their making.

    Attributes:
        running: it takes new tasks; it does not while it is paused, or retires.
        retiring: it is to leave.
        processing: tasks that it was asked to compute.
        seceded: those of them that take no slot.
        has_what: keys that it holds; the reverse of ``Task.who_has``.
        asked: keys that an unanswered ``Confirm`` is about, by its number.
    """

    name: str
    config: WorkerConfig
    running: bool = True
    processing: dict[str, None] = field(default_factory=dict)
    seceded: dict[str, None] = field(default_factory=dict)
    has_what: dict[str, None] = field(default_factory=dict)
    asked: dict[int, tuple[str, ...]] = field(default_factory=dict)
    retiring: bool = False

    def copy(self) -> "WorkerRecord":
        return WorkerRecord(
            self.name,
            self.config,
            self.running,
            self.processing.copy(),
            self.seceded.copy(),
            self.has_what.copy(),
            self.asked.copy(),
            self.retiring,
        )

    @property
    def load(self) -> int:
        """Tasks that use one of its threads, or will."""
        return len(self.processing) - len(self.seceded)


@dataclass(slots=True, eq=False)
class ClientRecord:
    """One client.

    Attributes:
        wants: keys, as keys of a dict.
        graphs, scatters: number of those that it submitted, and made.
        streamed: graphs, releases and cancellations that have arrived.
        overtaken: number of those that were sent before the client scattered a key, by key, while some
            of them are under way.
    """

    name: str
    wants: dict[str, None] = field(default_factory=dict)
    graphs: int = 0
    scatters: int = 0
    streamed: int = 0
    overtaken: dict[str, int] = field(default_factory=dict)

    def copy(self) -> "ClientRecord":
        return replace(self, wants=self.wants.copy(), overtaken=self.overtaken.copy())

    def note_request(self) -> None:
        """A graph, a release or a cancellation has arrived."""
        self.streamed += 1
        if self.overtaken:
            for key in [key for key, sent in self.overtaken.items() if sent < self.streamed]:
                del self.overtaken[key]
