"""Severity of a finding: the consequence of its steps in production mode, where nothing asserts.

The steps are taken once more with the system's own validation off. What a property finds on the way is
noted, and the run goes on, as a cluster in production does; only a handler that raises ends it.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER, ClusterSystem
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.playing import violation_of
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.properties import cluster as must
from workerfuzz.statemachine.properties.assignments import paused_workers_are_given_nothing
from workerfuzz.statemachine.properties.crashes import (
    every_call_returns,
    no_handler_raises,
    process_survives,
)
from workerfuzz.statemachine.properties.property import CHECKS, AnyProperty, Broken
from workerfuzz.statemachine.properties.utilization import UTILIZATION
from workerfuzz.statemachine.scheduler.client_requests import ClientRequest
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig


class Severity(enum.StrEnum):
    """Harm that a finding does to users, most harmful first."""

    WAITS = "a client waits for ever"
    WRONG = "a result is lost or wrong"
    DIES = "a connection, a request or a worker dies"
    STAYS = "memory stays"
    WASTED = "work is wasted"
    NOTHING = "nothing"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


#: What follows from a broken property. Those that are not here do no harm by themselves.
HARM: Final[Mapping[str, Severity]] = {
    every_call_returns.name: Severity.WAITS,
    must.wanted_keys_resolve.name: Severity.WAITS,
    must.finished_keys_have_the_right_value.name: Severity.WRONG,
    must.failures_have_a_cause.name: Severity.WRONG,
    must.finished_keys_do_not_fail.name: Severity.WRONG,
    must.nothing_is_cancelled_by_itself.name: Severity.WRONG,
    must.late_answers_end_nothing.name: Severity.WRONG,
    no_handler_raises.name: Severity.DIES,
    process_survives.name: Severity.DIES,
    must.nothing_is_left.name: Severity.STAYS,
    must.holders_are_agreed_on.name: Severity.STAYS,
    must.cluster_comes_to_rest.name: Severity.WASTED,
    paused_workers_are_given_nothing.name: Severity.WASTED,
    must.one_thread_for_a_task.name: Severity.WASTED,
    must.threads_are_not_exceeded.name: Severity.WASTED,
    must.tasks_start_with_their_inputs.name: Severity.WASTED,
    must.transfers_are_single.name: Severity.WASTED,
    **dict.fromkeys((item.name for item in UTILIZATION), Severity.WASTED),
}


@dataclass(frozen=True, slots=True)
class Consequence:
    """Result of the steps in production mode.

    Attributes:
        severity: of the worst that happened.
        detail: what that was, in words; empty where nothing happened.
    """

    severity: Severity
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.severity} ({self.detail})" if self.detail else str(self.severity)


class ProductionWorld(ClusterWorld):
    """A cluster that nobody stops: what is broken is noted, and it goes on.

    Attributes:
        noted: (property, counterexample) of all that was broken.
        called: what dies if the handler that was called last raises.
    """

    def __init__(self, subject: ClusterSystem, run_config: ClusterRunConfig) -> None:
        self.noted: list[Broken] = []
        self.called = ""
        super().__init__(
            subject, replace(run_config, config=replace(run_config.config, validate=False))
        )

    def check(self, participant: str, *, thoroughly: bool = False) -> None:
        self.noted += self.cluster.check(participant, thoroughly=thoroughly)

    def judge(self, properties: Sequence[AnyProperty], observation: object) -> None:
        self.noted += CHECKS.broken(((properties, observation),))

    def deliver(self, sender: str, receiver: str) -> None:
        self.called = f"worker {receiver}" if receiver != SCHEDULER else f"stream of {sender}"
        super().deliver(sender, receiver)

    def send_request(self, client: str, request: ClientRequest, *, at_once: bool = False) -> None:
        if at_once:
            self.called = f"request of {client}"
        super().send_request(client, request, at_once=at_once)

    def handle_event(self, worker: str, event: Event) -> None:
        self.called = f"worker {worker}"
        super().handle_event(worker, event)

    def notice(self, worker: str) -> None:
        self.called = f"removal of {worker}"
        super().notice(worker)

    def join(self, worker: str) -> None:
        self.called = f"arrival of {worker}"
        super().join(worker)


def consequence(subject: ClusterSystem, violation: Violation) -> Consequence:
    """Return the consequence of a violation's steps where the system does not validate itself."""
    assert isinstance(violation.run_config, ClusterRunConfig)
    world = ProductionWorld(subject, violation.run_config)
    raised = violation_of(world, violation.steps)
    found: list[Consequence] = []
    if raised is not None:
        severity = HARM.get(raised.property, Severity.NOTHING)
        found.append(Consequence(severity, ended(world, raised)))
    found += (
        Consequence(HARM[broken.name], counterexample.partition("\n")[0])
        for broken, counterexample in world.noted
        if broken.name in HARM and not beside(violation, broken, counterexample)
    )
    return worst(found)


def beside(violation: Violation, broken: AnyProperty, counterexample: str) -> bool:
    """It is what nearly every run leaves over, and has nothing to do with the violation."""
    return (
        broken.name == must.nothing_is_left.name != violation.property
        and counterexample.startswith(must.LEAST_TELLING)
    )


def worst(found: Iterable[Consequence]) -> Consequence:
    """The first of the most harmful ones."""
    return min(
        found,
        key=lambda consequence: consequence.severity.rank,
        default=Consequence(Severity.NOTHING),
    )


def ended(world: ProductionWorld, violation: Violation) -> str:
    """Return the participant or request that an exception ended; or the call that did not return."""
    text = violation.counterexample.partition("\n")[0]
    return f"{world.called}: {text}" if violation.property == no_handler_raises.name else text
