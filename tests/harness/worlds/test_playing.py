"""Steps taken one after the other: where they end, and that their world is closed."""

from collections.abc import Sequence

import pytest

from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.harness.worlds.playing import play, take_steps, violation_of
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.harness.worlds.worker.effect import WorkerEffect
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.strategies.worker import Step, parse
from workerfuzz.strategies.worker.run_config import RunConfig

POSSIBLE, IMPOSSIBLE = parse("compute-task x"), parse("execute-success y")


class Fragile(WorkerWorld):
    """Breaks at a step, or at rest, and notes that it was closed."""

    def __init__(self, breaks_at: Step | None = None, *, at_rest: bool = False) -> None:
        super().__init__(ReferenceSubject(), RunConfig())
        self.breaks_at, self.breaks_at_rest, self.closed = breaks_at, at_rest, 0

    def broken(self) -> Violation:
        return Violation("p", "It holds.", "it does not", tuple(self.steps))

    def apply(self, step: Step) -> WorkerEffect:
        if step is self.breaks_at:
            raise self.broken()
        return super().apply(step)

    def finish(self) -> None:
        if self.breaks_at_rest:
            raise self.broken()
        super().finish()

    def close(self) -> None:
        self.closed += 1
        super().close()


def outcomes(world: Fragile, steps: Sequence[Step], **options: bool) -> list[str]:
    """One word for each result."""
    found = []
    for result in play(world, steps, **options):
        word = "violation" if result.violation else "impossible" if result.impossible else "done"
        found.append(word if result.step is not None else f"{word} at rest")
    assert world.closed == 1
    return found


def test_every_step_and_rest_have_a_result() -> None:
    assert outcomes(Fragile(), [POSSIBLE]) == ["done", "done at rest"]
    assert outcomes(Fragile(), [POSSIBLE], rest=False) == ["done"]
    assert outcomes(Fragile(at_rest=True), [POSSIBLE]) == ["done", "violation at rest"]


def test_an_impossible_step_ends_it_or_is_skipped() -> None:
    steps = [IMPOSSIBLE, POSSIBLE]
    assert outcomes(Fragile(), steps) == ["impossible"]
    assert outcomes(Fragile(), steps, skip_impossible=True) == [
        "impossible",
        "done",
        "done at rest",
    ]


def test_nothing_comes_after_a_violation() -> None:
    steps = [POSSIBLE, IMPOSSIBLE]
    world = Fragile(POSSIBLE, at_rest=True)
    assert outcomes(world, steps, skip_impossible=True) == ["violation"]


@pytest.mark.parametrize("world", [Fragile(POSSIBLE), Fragile(at_rest=True)])
def test_the_violation_is_returned_and_the_world_closed(world: Fragile) -> None:
    found = violation_of(world, [IMPOSSIBLE, POSSIBLE])
    assert found is not None
    assert (found.property, world.closed) == ("p", 1)
    assert violation_of(Fragile(), [IMPOSSIBLE, POSSIBLE]) is None


def test_a_world_that_is_not_played_to_its_end_is_closed() -> None:
    world = Fragile()
    played = play(world, [POSSIBLE])
    next(played)
    played.close()
    assert world.closed == 1


def test_any_other_exception_closes_the_world_and_is_not_swallowed() -> None:
    world = Fragile()

    with pytest.raises(ZeroDivisionError):
        [*play(world, (POSSIBLE for place in (0, 1) if 1 // (1 - place)))]
    assert world.closed == 1


def test_steps_are_asked_for_when_those_before_are_taken_and_the_world_stays_open() -> None:
    world = Fragile()
    drawn = (POSSIBLE if not world.steps else IMPOSSIBLE for _ in range(2))
    assert [bool(result.impossible) for result in take_steps(world, drawn)] == [False, True]
    assert (len(world.steps), world.closed) == (1, 0)
