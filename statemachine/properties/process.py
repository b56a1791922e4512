"""Claims about whole processes: what their event loop, their calls and their connections show."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from workerfuzz.statemachine.properties.property import always, at_rest


@dataclass(frozen=True, slots=True)
class CallObservation:
    """A call of a client or a worker that has ended.

    Attributes:
        call: in words.
        raised: what it raised, in words; empty where it returned.
        is_excused: something happened of which the documentation says that the call raises this then.
        values: what it returned, by key.
        expected: what it should have returned, of the same keys.
    """

    call: str
    raised: str = ""
    is_excused: bool = False
    values: Mapping[str, object] | None = None
    expected: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """The workers that run, and those that the scheduler knows."""

    present: Sequence[str]
    registered: Collection[str]


@always("No exception is left to the event loop: somebody awaits each call.")
def no_exception_is_unhandled(unhandled: Iterable[str]) -> Iterator[str]:
    yield from unhandled


@always("What is ready to run comes to an end, and so do messages that answer each other.")
def processes_come_to_rest(going_on: str) -> Iterator[str]:
    yield going_on


@always("A call returns, unless something happened for which it is documented to raise.")
def calls_return(observation: CallObservation) -> Iterator[str]:
    if observation.raised and not observation.is_excused:
        yield f"{observation.call} raised {observation.raised}"


@always("A client gathers the values that its keys must have.")
def gathered_values_are_right(observation: CallObservation) -> Iterator[str]:
    for key, value in (observation.values or {}).items():
        expected = (observation.expected or {}).get(key)
        if value != expected:
            yield f"{observation.call} returned {value!r} for {key}, and should {expected!r}"


@at_rest("Every call of a client or a worker ends.")
def calls_end(calls: Iterable[str]) -> Iterator[str]:
    yield from (f"{call} does not end" for call in calls)


@at_rest("The scheduler knows the workers that run, and no others.")
def running_workers_are_registered(members: Membership) -> Iterator[str]:
    for worker in members.present:
        if worker not in members.registered:
            yield f"{worker} runs, and the scheduler does not know it"
    for worker in members.registered:
        if worker not in members.present:
            yield f"the scheduler keeps {worker}, which is gone"
