"""Fuzzing of one mutant in a process in which it is planted, until something notices."""

import time
from dataclasses import dataclass
from typing import Final, cast

from workerfuzz.harness.campaigns.mutation_testing.request import (
    CaughtBy,
    SearchRequest,
    SearchResult,
)
from workerfuzz.harness.cases.triage.known_bugs import known_bugs
from workerfuzz.harness.cases.triage.signature import Signature, signature
from workerfuzz.harness.engines.walk.walker import Walker
from workerfuzz.harness.subjects import AnySubject, fuzzed_alone, get_cluster
from workerfuzz.harness.subjects.cluster_protocol import ClusterSystem
from workerfuzz.harness.worlds.scopes import SCOPES
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.properties.crashes import every_call_returns
from workerfuzz.strategies.cluster.run_config import draw_cluster, production_mode

#: Characters of a counterexample that are told.
MOST_CHARACTERS: Final = 200


@dataclass(slots=True)
class MutantSearch:
    """Runs of the walk, one after the other.

    Attributes:
        known: violations that do not count: properties by shape.
        number: of the run that is under way.
    """

    request: SearchRequest
    known: dict[str, set[str]]
    result: SearchResult
    number: int = 0

    def run(self, walker: Walker) -> None:
        """Fuzz until a violation counts, or the budget is spent."""
        began = time.process_time()
        try:
            while not self.is_spent(began):
                self.attempt(walker)
        finally:
            self.result.cpu_s = time.process_time() - began

    def attempt(self, walker: Walker) -> None:
        """One run, however it ends."""
        try:
            steps = len(walker.run(self.number).steps)
        except Violation as violation:
            steps = len(violation.steps)
            self.note(violation)
        self.result.steps += steps
        self.number += 1

    def is_spent(self, began: float) -> bool:
        request = self.request
        if self.result.caught_by is not None and not request.is_baseline:
            return True
        if request.most_steps and self.result.steps >= request.most_steps:
            return True
        return bool(request.cpu_s) and time.process_time() - began >= request.cpu_s

    def note(self, violation: Violation) -> None:
        """Note the violation that ends the search; of a baseline, each distinct one."""
        found = signature(violation)
        if self.is_known(found):
            return
        if self.request.is_baseline:
            self.known.setdefault(found.shape, set()).add(found.property)
            self.result.signatures.append((found.property, found.shape))
        hangs = violation.property == every_call_returns.name
        self.result.caught_by = CaughtBy.TIME_LIMIT if hangs else CaughtBy.PROPERTY
        self.result.property = violation.property
        self.result.counterexample = violation.counterexample.partition("\n")[0][:MOST_CHARACTERS]

    def is_known(self, found: Signature) -> bool:
        """An exception is the same bug whichever property noticed it."""
        properties = self.known.get(found.shape, set())
        return bool(properties) and (found.is_raised or found.property in properties)


def search(request: SearchRequest, result: SearchResult) -> None:
    """Fuzz the subject of this process as ``workerfuzz run`` does; fills the result."""
    scope = SCOPES[request.scope]
    clustered = request.scope == "cluster"
    subject: AnySubject = (
        get_cluster(request.subject) if clustered else fuzzed_alone(request.subject)
    )
    result.version = subject.version()
    if request.is_baseline and clustered:
        bugs = known_bugs(cast("ClusterSystem", subject)).bugs
        result.signatures += [(broken, shape) for shape in bugs for broken, _ in bugs[shape]]
    known: dict[str, set[str]] = {}
    for broken, shape in [*request.known, *result.signatures]:
        known.setdefault(shape, set()).add(broken)
    found = MutantSearch(request, known, result)
    draw = (
        (lambda chooser: production_mode(draw_cluster(chooser), found.number))
        if clustered
        else scope.draw
    )
    if request.engine != "walk":
        from workerfuzz.harness.campaigns.mutation_testing.engine_search import search_by_engine

        search_by_engine(request.engine, subject, found)
        return
    tactics = tuple(request.tactic.split(",")) if request.tactic else ()
    found.run(Walker(subject, request.seed, scope, draw, tactics=tactics))
