"""A case of a whole cluster as a stand-alone file: its steps as calls of a runner that comes with it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.cases.export.expected import Shown
from workerfuzz.harness.cases.export.python_source import (
    Code,
    call,
    comment,
    docstring,
    indented,
    literal,
    slug,
)
from workerfuzz.harness.cases.export.residue import Owners, conditions
from workerfuzz.harness.cases.export.template_source import needed, template
from workerfuzz.harness.cases.format.case import CaseError
from workerfuzz.harness.subjects.dask.interface import LIMITS
from workerfuzz.harness.worlds.cluster.drain import FEWEST_ROUNDS, ROUNDS_PER_KEY
from workerfuzz.strategies.cluster.from_clients import Cancel, ScatterStep
from workerfuzz.strategies.cluster.run_config import ClusterConfig
from workerfuzz.strategies.cluster.submit import Submit
from workerfuzz.strategies.cluster.task import GraphTask
from workerfuzz.strategies.worker import Step

#: A client and a key, at the beginning of a counterexample.
_ABOUT: Final = re.compile(r"(?P<client>\S+) (waits for|was told that) (?P<key>[^\s:]+)")
_ENDED: Final = re.compile(r"(\S+) asked for ([^\s,]+),? .* being (\w+)\b")
_HELD: Final = re.compile(r"(?P<key>\S+) is ")

#: A cluster that does not rest needs so many rounds or more; a test need not be as patient.
MOST_ROUNDS: Final = FEWEST_ROUNDS + 4 * ROUNDS_PER_KEY

#: Options of a task, as annotations of Dask are called.
ANNOTATIONS: Final[Mapping[str, Callable[[GraphTask], object]]] = MappingProxyType(
    {
        "priority": lambda task: task.options.priority,
        "retries": lambda task: task.options.retries,
        "resources": lambda task: dict(task.options.resources),
        "workers": lambda task: list(task.options.workers),
        "allow_other_workers": lambda task: task.options.loose,
    }
)


def cluster_script(shown: Shown) -> str:
    """The whole file."""
    body = "\n".join(test(shown))
    return f'"""{shown.case.title}"""\n\n{needed(template("cluster.py.txt"), body)}\n\n\n{body}\n'


def test(shown: Shown) -> Iterator[str]:
    """The function that pytest calls."""
    yield f"def test_{slug(shown.case.title).replace('-', '_')}(monkeypatch):"
    yield from indented(docstring(shown.case.title, shown.about()))
    yield ""
    yield "    async def scenario():"
    yield from indented(scenario(shown), 8)
    yield ""
    yield "    asyncio.run(scenario())"


def scenario(shown: Shown) -> Iterator[str]:
    """Yield the steps and the assertions."""
    config = shown.case.config
    assert isinstance(config, ClusterConfig)
    yield call("cluster = Cluster", Code("monkeypatch"), **settings(config))
    if shown.broken == "nothing_is_logged_as_error":
        yield "errors = Errors()"
    for number in range(config.workers):
        yield f'await cluster.join("w{number}")'
    yield ""
    seen: set[type[Step]] = set()
    within = shown.at_rest and shown.violation is not None
    before, last = (shown.steps, ()) if within else (shown.steps[:-1], shown.steps[-1:])
    for step, lines in before:
        yield from told(step, lines, seen)
    ending = [line for step, lines in last for line in told(step, lines, seen)]
    yield ""
    yield from ends(shown, ending)


def told(step: Step, lines: Sequence[str], seen: set[type[Step]]) -> Iterator[str]:
    """A step and what follows from it."""
    if type(step) not in seen:
        seen.add(type(step))
        yield from comment(str(type(step).__doc__).partition("\n")[0])
    yield f"await {method(step)}"
    for line in lines:
        yield from comment(line)


def settings(config: ClusterConfig) -> dict[str, object]:
    """Arguments of a ``Cluster``."""
    plain = ClusterConfig()
    found: dict[str, object] = {
        name: getattr(config, name)
        for name in ("validate", "allowed_failures", "saturation")
        if getattr(config, name) != getattr(plain, name)
    }
    limits = {
        called: getattr(config.worker, name)
        for name, names in LIMITS.items()
        for called in names
        if getattr(config.worker, name) != getattr(plain.worker, name)
    }
    if limits:
        found["limits"] = limits
    found["nthreads"] = config.worker.nthreads
    if config.worker.resources:
        found["resources"] = dict(config.worker.resources)
    return found


def method(step: Step) -> str:
    """The call that lets a step happen."""
    match step:
        case Submit():
            return submit(step)
        case Cancel():
            force = {"force": True} if step.force else {}
            return call("cluster.cancel", step.client, *step.names, **force)
        case ScatterStep():
            return call(f"cluster.{step.word}", step.client, step.key, step.worker)
        case _:
            name = {"break": "break_"}.get(step.word, step.word.replace("-", "_"))
            arguments = str(step).removeprefix(step.word).replace("->", " ").split()
            return call(f"cluster.{name}", *arguments)


def submit(step: Submit) -> str:
    tasks = {task.key: (list(task.needs), task.content) for task in step.tasks}
    asked: dict[str, object] = {"want": list(step.wanted)}
    actors = [task.key for task in step.tasks if task.actor]
    if actors:
        asked["actors"] = actors
    for name, read in ANNOTATIONS.items():
        by_key = {task.key: read(task) for task in step.tasks if read(task)}
        if by_key:
            asked[name] = by_key
    return call("cluster.submit", step.client, tasks, **asked)


# What is expected


def ends(shown: Shown, ending: list[str]) -> Iterator[str]:
    """The last step, rest, and what holds then."""
    inside = ending
    resting = shown.at_rest
    if shown.broken not in CHECKS.keys() | PASSING.keys() | RAISED:
        raise CaseError(
            f"{shown.broken} is not checked by exported tests so far", None, shown.case.path
        )
    passing = PASSING.get(shown.broken)
    checks = [f"{passing}()"] if passing else CHECKS.get(shown.broken, nothing_more)(shown)
    each = {"each": Code(passing)} if passing else {}
    rest = f"await {call('cluster.rest', rounds=MOST_ROUNDS, **each)}"
    if shown.broken == "cluster_comes_to_rest":
        inside += [f'assert {rest}, "it goes on for ever"']
        resting = False
    elif shown.broken == "every_call_returns":
        inside = ["with time_limit(30):", *indented([*inside, *([rest] if resting else [])])]
        resting = False
    if resting:
        swept = checks if shown.broken in SWEPT else []
        inside += [*swept, rest, *swept]
        if shown.broken not in JUDGED:  # it may be later that it shows
            inside += ["await cluster.let_go()", rest]
    inside += checks
    yield f"with expected({literal(shown.expected)}):"
    yield from indented(inside)


def nothing_more(shown: Shown) -> list[str]:
    """That nothing was raised is enough."""
    return []


def statuses(*allowed: str) -> Callable[[Shown], list[str]]:
    """Check the statuses that a client was told, of the key in question or of all that it wants."""
    condition = f"in {literal(allowed)}" if len(allowed) > 1 else f"!= {literal(allowed[0])}"

    def check(shown: Shown) -> list[str]:
        found = _ABOUT.match(shown.counterexample)
        if found is None:
            return [
                "for told in cluster.told.values():",
                f"    assert all(status {condition} for status in told.values()), cluster.told",
            ]
        told = f'cluster.told["{found["client"]}"].get("{found["key"]}")'
        # a release that does something else may have let the key go
        return [f"assert {told} {condition}"]

    return check


def values(shown: Shown) -> list[str]:
    """Of all that is wanted: some worker has it, and all that have it have the right value."""
    contents: dict[str, GraphTask | str] = {}
    for step, _ in shown.steps:
        if isinstance(step, Submit):
            contents.update({task.key: task for task in step.tasks})
        elif isinstance(step, ScatterStep):
            contents[step.key] = f"{step.key} scattered"

    def value(key: str) -> object:
        content = contents[key]
        return (
            content
            if isinstance(content, str)
            else (key, content.content, *map(value, sorted(content.needs)))
        )

    found = _ABOUT.match(shown.counterexample) or _HELD.match(shown.counterexample)
    if found is None:
        raise CaseError(
            "it is not known here which value is wrong; export it with a release that breaks it"
        )
    key = found["key"]
    return [
        f'stored = cluster.values("{key}")',
        f"assert set(stored.values()) == {{{literal(value(key))}}}, stored",
    ]


def not_ended(shown: Shown) -> list[str]:
    """No client was told that what it waits for has failed or was cancelled."""
    found = _ENDED.match(shown.counterexample)
    if found is None:
        return ["assert not cluster.ended, cluster.ended"]
    return [f"assert {literal(found.groups())} not in cluster.ended, cluster.ended"]


def tried_again(shown: Shown) -> list[str]:
    """The scheduler does not leave an input in error."""
    found = re.search(r"and (\S+) is still erred", shown.counterexample)
    if found is None:
        raise CaseError(
            "it is not known here which input is meant; export it with a release that breaks it"
        )
    return [f'assert cluster.scheduler.tasks[Name("{found[1]}")].state != "erred"']


def empty(shown: Shown) -> list[str]:
    """The tables that something is left in."""
    if not shown.counterexample:
        return ["assert not cluster.scheduler.tasks"]
    return [
        f"assert {condition}"
        for line in shown.counterexample.splitlines()
        for condition in conditions(line, OWNERS)
    ]


#: The owners of tables, as a script has them.
OWNERS: Final = Owners(
    scheduler="cluster.scheduler",
    stealing="cluster.stealing",
    worker='cluster.workers["{}"]',
    worker_there='cluster.scheduler.workers[Name("{}:0")]',
    client='cluster.scheduler.clients["{}"]',
)


def threads(shown: Shown) -> list[str]:
    assert isinstance(shown.case.config, ClusterConfig)
    most = shown.case.config.worker.nthreads
    return [f"assert all(cluster.threads(worker) <= {most} for worker in cluster.workers)"]


def each_worker(*lines: str) -> Callable[[Shown], list[str]]:
    return lambda shown: ["for ws in cluster.workers.values():", *indented(lines)]


#: What is asserted once all has happened, by property.
CHECKS: Final[Mapping[str, Callable[[Shown], list[str]]]] = MappingProxyType(
    {
        "wanted_keys_resolve": statuses("finished", "erred", "cancelled"),
        "failures_have_a_cause": statuses("erred"),
        "failed_inputs_are_tried_again": tried_again,
        "finished_keys_do_not_fail": lambda shown: ["assert not cluster.undone"],
        "nothing_is_cancelled_by_itself": statuses("cancelled"),
        "late_answers_end_nothing": not_ended,
        "removed_clients_keep_nothing": lambda shown: [
            "for ts in cluster.scheduler.tasks.values():",
            "    wanted_by = {cs.client_key for cs in ts.who_wants or ()}",
            "    assert not wanted_by & set(cluster.removed), ts.key",
        ],
        "paused_workers_are_given_nothing": lambda shown: ["assert not cluster.given_while_paused"],
        "finished_keys_have_the_right_value": values,
        "holders_are_agreed_on": lambda shown: ["assert cluster.believed() == cluster.stored()"],
        "nothing_is_left": empty,
        "nothing_is_logged_as_error": lambda shown: ["assert not errors.found, errors.found[0]"],
        "scheduler_validate_state": lambda shown: ["cluster.scheduler.validate_state()"],
        "validate_state": each_worker("ws.validate_state()"),
        "waiting_is_counted": each_worker(
            "waiting = sum(bool(ts.waiting_for_data) for ts in ws.tasks.values())",
            'assert getattr(ws, "waiting_for_data_count", waiting) == waiting',
        ),
        "threads_are_not_exceeded": threads,
        "threads_are_known": lambda shown: ["cluster.threads_are_known()"],
    }
)

#: Properties that break by what is raised while a test runs.
RAISED: Final = frozenset(
    {
        "asks_the_right_peer", "cluster_comes_to_rest", "every_call_returns", "no_handler_raises",
        "one_action_per_key", "one_thread_for_a_task", "transfers_are_single",
    }
)  # fmt: skip

#: What is judged before clients let go of what they want.
JUDGED: Final = frozenset(
    {
        "wanted_keys_resolve", "failures_have_a_cause", "finished_keys_do_not_fail",
        "nothing_is_cancelled_by_itself", "finished_keys_have_the_right_value", "holders_are_agreed_on",
        "late_answers_end_nothing",
    }
)  # fmt: skip

#: What is true again when all has ended, and so is looked at after each thing that happens at rest.
PASSING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "seceded_tasks_are_known": "cluster.slots_agree",
        "room_is_not_left_idle": "cluster.no_room_is_idle",
    }
)

#: What is looked at now and then, and so before anything comes to rest.
SWEPT: Final = frozenset({"scheduler_validate_state", "validate_state", "waiting_is_counted"})
