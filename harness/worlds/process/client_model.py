"""The client model where an environment sees calls and futures, and no messages between processes."""

from collections.abc import Iterable

from workerfuzz.harness.worlds.cluster.client_model import ClientModel, with_dependents
from workerfuzz.statemachine.properties.excuses import Excuse
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.scheduler.client_requests import ClientNotice


class ProcessClientModel(ClientModel):
    """A client model with coarser excuses: it is not known what had arrived where, and when.

    Attributes:
        given_up: keys that some client cancelled, with all that depended on them, then or before.
        at_risk: keys of graphs that rest on keys that are not in the graph, or of clients cut off.
        faults: processes and connections that ended.
    """

    def __init__(self, clients: Iterable[str]) -> None:
        super().__init__(clients)
        self.given_up: dict[str, None] = {}
        self.at_risk: dict[str, None] = {}
        self.faults = 0

    def note_request(self, client: str, request: client_requests.ClientRequest) -> None:
        super().note_request(client, request)
        self.late.clear()
        if isinstance(request, client_requests.Submit):
            listed = {spec.key for spec in request.specs}
            for spec in request.specs:
                self.needs.setdefault(spec.key, {}).update(dict.fromkeys(spec.dependencies))
            if any(need not in listed for spec in request.specs for need in spec.dependencies):
                self.at_risk.update(dict.fromkeys(request.wanted))
        elif isinstance(request, client_requests.Cancel):
            self.given_up.update(dict.fromkeys(with_dependents(request.keys, self.needs)))

    def note_fault(self) -> None:
        """Note that a process or a connection ended, whatever was there."""
        self.faults += 1
        self.lost.update(dict.fromkeys(self.data))
        for key in self.contents:
            self.deaths[key] = self.deaths.get(key, 0) + 1

    def note_status(self, client: str, notice: ClientNotice) -> None:
        """Note what a future says by now."""
        self.note_notice(client, notice, (self.graphs_sent[client], self.scatters[client]))
        if self.faults or (client, notice.key) in self.released:
            self.failed_after_finish.pop((client, notice.key), None)

    def is_excused(self, excuse: Excuse, client: str, key: str) -> bool:
        needed = self.needed_by((key,))
        match excuse:
            case Excuse.CANCELLED:
                return any(key in self.given_up for key in needed)
            case Excuse.UNKNOWN_INPUT:
                return key in self.at_risk
            case Excuse.DATA_LOST:
                return any(key in self.lost for key in needed)
            case Excuse.ACTOR_DIED:
                return self.faults > 0 and any(map(self.is_actor, needed))
            case _:
                return super().is_excused(excuse, client, key)
