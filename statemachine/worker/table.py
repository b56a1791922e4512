"""Action of every legal transition: it follows from the state that is entered, and in three from the start."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from workerfuzz.statemachine.worker.edges import EDGES, Edge
from workerfuzz.statemachine.worker.states import State as S
from workerfuzz.statemachine.worker.transitions import computing, copying, settling
from workerfuzz.statemachine.worker.transitions.outcome import Action

#: States that hold a thread or a transfer of no use as it is: it is taken up again from there.
HELD: Final = frozenset({S.CANCELLED, S.RESUMED})

#: Action on entering a state.
ENTERING: Final[Mapping[S, Action]] = MappingProxyType(
    {
        S.RELEASED: settling.to_released,
        S.WAITING: computing.to_waiting,
        S.FETCH: copying.to_fetch,
        S.FLIGHT: copying.start_flight,
        S.MISSING: copying.to_missing,
        S.READY: computing.to_ready,
        S.CONSTRAINED: computing.to_constrained,
        S.EXECUTING: computing.start_executing,
        S.LONG_RUNNING: computing.secede,
        S.MEMORY: settling.to_memory,
        S.ERROR: settling.to_error,
        S.CANCELLED: copying.to_cancelled,
        S.RESUMED: copying.to_resumed,
        S.RESCHEDULED: settling.to_rescheduled,
        S.FORGOTTEN: settling.to_forgotten,
    }
)

#: The same, where what the task holds is taken up again.
TAKING_UP: Final[Mapping[S, Action]] = MappingProxyType(
    {
        S.FLIGHT: copying.resume_flight,
        S.EXECUTING: computing.resume_executing,
        S.LONG_RUNNING: computing.resume_long_running,
    }
)


def action_of(edge: Edge) -> Action:
    """Return the action of a transition."""
    start, finish = edge
    return TAKING_UP[finish] if start in HELD and finish in TAKING_UP else ENTERING[finish]


#: Action of each edge; the lookup of every transition.
TRANSITIONS: Final[Mapping[Edge, Action]] = MappingProxyType(
    {edge: action_of(edge) for edge in EDGES}
)
