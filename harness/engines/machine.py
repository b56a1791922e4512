"""The machine that pytest and Hypothesis see. A thin adapter: no logic and no property lives here.

In a test suite: ``from workerfuzz import WorkerMachine``, ``TestWorker = WorkerMachine.TestCase``.
"""

import unittest
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from workerfuzz.harness.cases import chosen
from workerfuzz.harness.engines.keeping import keep
from workerfuzz.harness.engines.profiles import PROFILES
from workerfuzz.harness.subjects import fuzzed_alone
from workerfuzz.harness.subjects.protocol import Subject, SubjectUnavailable
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.harness.worlds.worker import WorkerWorld
from workerfuzz.strategies.choosers import HypothesisChooser
from workerfuzz.strategies.steps import WORKER_STEPS, Step
from workerfuzz.strategies.universe import draw_universe


class MachineTestCase:
    """Makes ``WorkerMachine.TestCase``: a test that keeps what it finds as a case."""

    def __get__(self, machine: object, owner: type["WorkerMachine"]) -> type[unittest.TestCase]:
        class WorkerTestCase(unittest.TestCase):
            settings: ClassVar[settings] = PROFILES[owner.profile]

            def runTest(self) -> None:  # noqa: N802 - unittest's name
                try:
                    owner.fuzz(self.settings)
                except SubjectUnavailable as error:
                    self.fail(str(error))

        WorkerTestCase.runTest.is_hypothesis_test = True  # type: ignore[attr-defined]  # for its plugin
        WorkerTestCase.__qualname__ = WorkerTestCase.__name__ = f"{owner.__name__}.TestCase"
        return WorkerTestCase


class WorkerMachine(RuleBasedStateMachine):
    """One worker in hostile surroundings, a rule for each kind of step.

    Attributes:
        subject: name of the system to fuzz; by default what the ini option ``workerfuzz_subject`` says.
        profile: ``quick`` or ``deep``.
        kinds: kinds of step that may happen; a subclass can do without some.
        out: folder in which a finding is kept as a case.
    """

    subject: ClassVar[str] = ""
    profile: ClassVar[str] = "quick"
    kinds: ClassVar[frozenset[type[Step]]] = frozenset(WORKER_STEPS)
    out: ClassVar[str] = "regressions"
    TestCase = MachineTestCase()  # type: ignore[assignment]  # the same thing, with a case at its end

    def __init__(self) -> None:
        super().__init__()
        self.world: WorkerWorld | None = None
        self.broken = False

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """A worker starts."""
        universe = draw_universe(HypothesisChooser(data))
        self.world = WorkerWorld(self.system(), universe, observer=self.on_event)

    def may(self, kind: type[Step]) -> bool:
        """A step of that kind can happen now."""
        return self.world is not None and kind in self.kinds and kind in self.world.possible()

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
        if self.world is not None and not self.broken:
            self.world.finish()
        if self.world is not None:
            self.on_run(self.world)

    @classmethod
    def on_event(cls, world: WorkerWorld, step: Step | None) -> None:
        """Told of each event, as an ``Observer`` is; a subclass may listen."""

    @classmethod
    def on_run(cls, world: WorkerWorld) -> None:
        """Told when a run is over; a subclass may listen."""

    @classmethod
    def fuzz(cls, profile: settings) -> None:
        """Run the machine as a test; raises AssertionError that tells what was found."""
        try:
            run_state_machine_as_test(cls, settings=profile)
        except Violation as violation:
            finding = keep(cls.system(), violation, Path(cls.out))
            raise AssertionError("\n".join(finding.report())) from None

    @classmethod
    def system(cls) -> Subject:
        """The subject, by the name that was chosen; raises SubjectUnavailable."""
        return fuzzed_alone(cls.subject or chosen.subjects[0])


def rule_for(kind: type[Step]) -> Any:
    """The rule that lets steps of one kind happen."""

    def happens(self: WorkerMachine, data: st.DataObject) -> None:
        self.take(kind, data)

    happens.__name__ = kind.word.replace("-", "_")
    happens.__doc__ = kind.__doc__
    return precondition(lambda self: self.may(kind))(rule(data=st.data())(happens))


for _kind in WORKER_STEPS:
    setattr(WorkerMachine, _kind.word.replace("-", "_"), rule_for(_kind))
