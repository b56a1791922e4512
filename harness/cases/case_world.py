"""The world that a case takes place in."""

from collections.abc import Callable
from typing import TypeAlias

from workerfuzz.harness.cases.format.case import Case, ScopeName
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.cluster_protocol import ClusterSystem
from workerfuzz.harness.subjects.protocol import Subject
from workerfuzz.harness.worlds.scopes import SCOPES, World

#: A system under test at either scope.
AnySubject: TypeAlias = Subject | ClusterSystem

#: Makes the world of a case, around a subject.
OpenWorld: TypeAlias = Callable[[Case, AnySubject], World]


def open_world(case: Case, subject: AnySubject) -> World:
    """Return a fresh world as the case describes it."""
    scope = SCOPES[case.scope]
    system = get_cluster(subject.name) if case.scope is ScopeName.CLUSTER else subject
    return scope.open(system, scope.run_config_of(case.steps, case.config))
