"""The machine that pytest and Hypothesis see. A thin adapter: no logic and no property lives here.

In a test suite: ``from workerfuzz import WorkerMachine``, ``TestWorker = WorkerMachine.TestCase``; for a
whole cluster ``ClusterMachine`` instead.
"""

import keyword
import unittest
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from workerfuzz.harness.cases.replay import chosen_subjects
from workerfuzz.harness.engines.findings.finding_writer import keep
from workerfuzz.harness.engines.hypothesis.profiles import PROFILES
from workerfuzz.harness.subjects import AnySubject, fuzzed_alone, get_cluster
from workerfuzz.harness.subjects.cluster_protocol import ClusterSystem
from workerfuzz.harness.subjects.protocol import Subject, SubjectUnavailable
from workerfuzz.harness.worlds.scopes import (
    CLUSTER,
    WORKER,
    AnyRunConfig,
    FuzzingScope,
    Observer,
    World,
)
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.hypothesis_chooser import HypothesisChooser
from workerfuzz.strategies.worker import Step

#: Rules of a kind of step, by its word, where it has more than one: Hypothesis takes rules to be alike.
RULES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "compute-task": 6, "free-keys": 2, "acquire-replicas": 2, "remove-worker": 2, "update-data": 2,
        "gather-dep-success": 3,
        "submit": 2, "deliver": 8, "begin": 3, "succeed": 3, "serve": 2, "receive": 2,
    }
)  # fmt: skip

#: One run in so many has steps of a kind. A paused worker starts nothing, which hides most bugs.
SELDOM: Final[Mapping[str, int]] = MappingProxyType({"pause": 4})


class MachineTestCase:
    """Makes ``TestCase`` of a machine: a test that keeps what it finds as a case."""

    def __get__(self, machine: object, owner: type["Machine"]) -> type[unittest.TestCase]:
        class FuzzTestCase(unittest.TestCase):
            settings: ClassVar[settings] = PROFILES[owner.profile]

            def runTest(self) -> None:  # noqa: N802 - unittest's name
                try:
                    owner.fuzz(self.settings)
                except SubjectUnavailable as error:
                    self.fail(str(error))

        FuzzTestCase.runTest.is_hypothesis_test = True  # type: ignore[attr-defined]  # for its plugin
        FuzzTestCase.__qualname__ = FuzzTestCase.__name__ = f"{owner.__name__}.TestCase"
        return FuzzTestCase


class Machine(RuleBasedStateMachine):
    """Runs of one scope. Its subclasses have a rule or more for each kind of step.

    Attributes:
        scope: what runs are made of.
        subject: name of the system to fuzz; by default what the ini option ``workerfuzz_subject`` says.
        profile: ``quick`` or ``deep``.
        kinds: kinds of step that may happen; a subclass can do without some.
        out: folder in which a finding is kept as a case.
    """

    subject: ClassVar[str] = ""
    profile: ClassVar[str] = "quick"
    scope: ClassVar[FuzzingScope]
    kinds: ClassVar[frozenset[type[Step]]]
    out: ClassVar[str] = "regressions"
    TestCase = MachineTestCase()  # type: ignore[assignment]  # the same thing, with a case at its end

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None
        self.offered: frozenset[type[Step]] = frozenset()
        self.broken = False

    @initialize(data=st.data())
    def open_world(self, data: st.DataObject) -> None:
        """A fresh world."""
        chooser = HypothesisChooser(data)
        run_config = self.draw_run_config(chooser)
        absent = draw_absent(chooser)
        self.offered = frozenset(kind for kind in self.kinds if kind.word not in absent)
        self.world = self.scope.open(self.system(), run_config, observer=self.observer())

    def draw_run_config(self, chooser: Chooser) -> AnyRunConfig:
        """Draw the configuration of a run."""
        return self.scope.draw(chooser)

    def observer(self) -> Observer:
        """Return the observer of the steps of a run."""
        return self.on_event

    def is_possible(self, kind: type[Step]) -> bool:
        """A step of that kind can happen now."""
        return self.world is not None and kind in self.offered and kind in self.world.possible()

    def take(self, kind: type[Step], data: st.DataObject) -> None:
        """Let a step of that kind happen."""
        assert self.world is not None
        try:
            self.world.apply(self.world.draw(kind, HypothesisChooser(data)))
        except BaseException:
            self.broken = True
            raise

    def teardown(self) -> None:
        """Come to rest, unless a property is broken already: that would hide it behind another."""
        if self.world is None:
            return
        try:
            if not self.broken:
                self.world.finish()
        finally:
            self.world.close()
        self.on_run(self.world)

    @classmethod
    def on_event(cls, world: World, step: Step | None) -> None:
        """Told of each event, as an ``Observer`` is; a subclass may listen."""

    @classmethod
    def on_run(cls, world: World) -> None:
        """Told when a run is over; a subclass may listen."""

    @classmethod
    def fuzz(cls, profile: settings) -> None:
        """Run the machine as a test; raises AssertionError that tells what was found."""
        try:
            run_state_machine_as_test(cls, settings=profile)
        except Violation as violation:
            finding = keep(cls.system(), violation, Path(cls.out))
            raise AssertionError("\n".join(finding.lines)) from None

    @classmethod
    def system(cls) -> AnySubject:
        """The subject, by the name that was chosen; raises SubjectUnavailable."""
        raise NotImplementedError

    @classmethod
    def chosen_name(cls) -> str:
        """Of the subject: of the class, else what the user of the test suite chose."""
        return cls.subject or chosen_subjects.subjects[0]


class WorkerMachine(Machine):
    """One worker in hostile surroundings."""

    scope = WORKER
    kinds = frozenset(WORKER.kinds)

    @classmethod
    def system(cls) -> Subject:
        return fuzzed_alone(cls.chosen_name())

    def draw_run_config(self, chooser: Chooser) -> AnyRunConfig:
        return self.system().run_config(chooser)


class ClusterMachine(Machine):
    """A scheduler, its workers, and everything between them."""

    scope = CLUSTER
    kinds = frozenset(CLUSTER.kinds)

    @classmethod
    def system(cls) -> ClusterSystem:
        return get_cluster(cls.chosen_name())


def draw_absent(chooser: Chooser) -> frozenset[str]:
    """Words of kinds that a run does without, beside those that Hypothesis switches off in it."""
    return frozenset(word for word, runs in SELDOM.items() if chooser.integer(1, runs) < runs)


def rule_names(kind: type[Step]) -> Iterator[str]:
    """Yield the names of the rules of a kind; Hypothesis disables rules by name."""
    name = kind.word.replace("-", "_")
    yield f"{name}_" if keyword.iskeyword(name) else name
    for number in range(2, RULES.get(kind.word, 1) + 1):
        yield f"{name}_{number}"


def rule_for(kind: type[Step], name: str) -> object:
    """A rule that lets steps of one kind happen."""

    def happens(self: Machine, data: st.DataObject) -> None:
        self.take(kind, data)

    happens.__name__ = name
    happens.__doc__ = kind.__doc__
    return precondition(lambda self: self.is_possible(kind))(rule(data=st.data())(happens))


#: By scope.
MACHINES: Final[Mapping[str, type[Machine]]] = MappingProxyType(
    {"worker": WorkerMachine, "cluster": ClusterMachine}
)

for _machine in MACHINES.values():
    for _kind in _machine.scope.kinds:
        for _name in rule_names(_kind):
            setattr(_machine, _name, rule_for(_kind, _name))
