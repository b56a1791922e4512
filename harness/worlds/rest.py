"""A worker whose surroundings stop being hostile: what must be true in the end.

First everything outstanding ends, then everything is let go, then it is asked for again. In this order:
letting go first would forgive every hang.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from workerfuzz.harness.worlds.worker import WorkerWorld
from workerfuzz.statemachine import contract, events
from workerfuzz.statemachine.events import Event
from workerfuzz.statemachine.properties import Property, at_rest
from workerfuzz.statemachine.task import Request, TaskSpec
from workerfuzz.strategies.steps.from_surroundings import computed_value

#: A peer that holds every key and sends all that it is asked for.
HONEST: Final = "honest"

#: Rounds in which a worker has to come to rest, for each key; each failure to copy may cost one.
ROUNDS_PER_KEY: Final = 12


@at_rest("A worker whose surroundings answer does not ask for ever.")
def coming_to_rest_ends(outstanding: Sequence[Event]) -> Iterator[str]:
    """Given what is still outstanding when the rounds are used up."""
    yield f"still {len(outstanding)} answers to give, the next is {outstanding[0]}"


def come_to_rest(world: WorkerWorld) -> None:
    """Raises Violation where something does not hold at rest."""
    drain(world)
    world.sweep()
    check(world, contract.everything_comes_to_rest, world.view)
    keys = tuple(sorted({*world.view.keys(), *world.pool, *world.content}))
    for let_go in (events.FreeKeys(keys=keys), events.ForgetKeys(keys=keys)):
        world.happen(let_go)
    drain(world)
    world.sweep()
    check(world, contract.forgotten_worker_is_empty, world.view)
    wanted = ask_again(world)
    world.sweep()
    check(world, contract.asked_again_everything_arrives, world.view, wanted)
    expected = {key: computed_value(spec) for key, spec in wanted.items()}
    check(world, contract.stored_values_are_right, world.view, expected)


def check(world: WorkerWorld, broken: Property, *args: object) -> None:
    for counterexample in broken.check(*args):
        raise world.violation(broken, counterexample)


def drain(world: WorkerWorld) -> None:
    """Answer everything honestly until nothing is outstanding."""
    for _ in range(ROUNDS_PER_KEY * (len(world.view.keys()) + len(world.peers) + 1)):
        outstanding = answers(world)
        if not outstanding:
            world.happen(events.FindMissing())
            if not world.asked_about:
                return
        for event in outstanding:
            world.happen(event)
    check(world, coming_to_rest_ends, answers(world))


def answers(world: WorkerWorld) -> list[Event]:
    """The honest answer to everything that is outstanding, each independent of the others."""
    questions, world.asked_about = sorted(world.asked_about), {}
    found: list[Event] = []
    if world.view.paused():
        found.append(events.Unpause())
    if questions:
        found.append(events.RefreshWhoHas(who_has=dict.fromkeys(questions, (HONEST,))))
    found += [events.FreeKeys(keys=(key,)) for key in sorted(world.rescheduled)]
    found += [events.RetryBusyWorker(worker=peer) for peer in sorted(world.retrying)]
    found += [
        events.GatherDepSuccess(worker=peer, values={key: f"{key} from {peer}" for key in keys})
        for peer, keys in sorted(world.gathering.items())
    ]
    found += [
        events.ExecuteSuccess(key=key, run_id=it.run_id, value=computed_value(it.spec))
        for key, it in sorted(world.executing.items())
    ]
    return found


def ask_again(world: WorkerWorld) -> dict[str, TaskSpec]:
    """Request every key once more, each when its dependencies are in memory somewhere."""
    wanted = dict(sorted(world.content.items(), key=lambda item: world.order(item[0])))
    for spec in wanted.values():
        world.happen(
            events.ComputeTask(
                spec=spec,
                request=Request(run_id=world.run_id + 1),
                who_has={key: (HONEST,) for key in spec.dependencies if key not in wanted},
            )
        )
        drain(world)
    return wanted
