"""The world that a case takes place in."""

from collections.abc import Callable
from typing import TypeAlias

from workerfuzz.harness.cases.format.case import Case, ScopeName
from workerfuzz.harness.subjects import AnySubject, system
from workerfuzz.harness.worlds.scopes import SCOPES, World

#: Makes the world of a case, around a subject.
OpenWorld: TypeAlias = Callable[[Case, AnySubject], World]


def open_world(case: Case, subject: AnySubject) -> World:
    """Return a fresh world as the case describes it."""
    scope = SCOPES[case.scope]
    its = subject if case.scope is ScopeName.WORKER else system(subject.name, case.scope)
    return scope.open(its, scope.run_config_of(case.steps, case.config))
