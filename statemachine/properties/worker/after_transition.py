"""Claims about the transitions of one event.

Each check is given the worker just after an event with transitions.
"""

from collections.abc import Iterator
from typing import Final

from workerfuzz.statemachine.properties.property import AnyProperty, always, properties_in
from workerfuzz.statemachine.properties.worker.model_observation import ModelObservation
from workerfuzz.statemachine.worker.edges import DETOURS, EDGES
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import Transition


@always(
    "Every transition is a row of the table, or half of a detour that is listed (R16, R23, R24).",
    Transition,
)
def transitions_are_legal(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    origin: dict[str, State] = {}
    for key, (_, start, finish, toward) in worker.changes:
        if (start, finish) not in EDGES:
            yield f"{key} went from {start} to {finish}, which is no row"
        elif toward is not finish:
            origin[key] = start
        elif key in origin and (detour := (origin.pop(key), finish)) not in DETOURS:
            yield f"{key} went from {detour[0]} to {detour[1]} through released: unexpected"


@always(
    "Records go only where the scheduler said ForgetKeys last: data that is scattered, a copy or a "
    "computation that is requested end that (R37).",
    State.FORGOTTEN,
)
def only_the_doomed_are_forgotten(observation: ModelObservation) -> Iterator[str]:
    for key, change in observation.worker.changes:
        if change.finish is State.FORGOTTEN and key not in observation.to_forget:
            yield f"{key} was forgotten, by {observation.event}"


#: In the order in which they are checked.
MOVED: Final[tuple[AnyProperty, ...]] = properties_in(globals())
