"""A case of a cluster as a test: a coroutine with ``gen_cluster`` of ``distributed.utils_test``."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.cases.export.client_program import (
    NO_MEANS,
    RESOLVED,
    HoldKind,
    Program,
    Run,
    Statement,
    fixed,
    is_nested,
)
from workerfuzz.harness.cases.export.expected import Shown
from workerfuzz.harness.cases.export.means import client_name, stream, variable, with_its_means
from workerfuzz.harness.cases.export.python_source import (
    Code,
    call,
    docstring,
    indented,
    literal,
    slug,
)
from workerfuzz.harness.cases.export.residue import Owners, conditions
from workerfuzz.harness.cases.format.case import CaseError
from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER
from workerfuzz.statemachine.scheduler.client_requests import NO_OPTIONS, NoticeStatus, Options
from workerfuzz.strategies.cluster import from_clients as client
from workerfuzz.strategies.cluster import from_scheduler as scheduler
from workerfuzz.strategies.cluster import from_workers as worker
from workerfuzz.strategies.cluster.submit import Submit
from workerfuzz.strategies.cluster.task import GraphTask
from workerfuzz.strategies.worker import Step

#: Seconds that a test waits for what comes at once where nothing is wrong.
PATIENCE_S: Final = 5

#: The owners of tables, as a test has them.
OWNERS: Final = Owners(
    scheduler="s",
    stealing='s.extensions["stealing"]',
    worker="{}.state",
    worker_there="s.workers[{}.address]",
    client="s.clients[client.id]",
)

#: How Dask calls what a future says.
STATUSES: Final = MappingProxyType({NoticeStatus.FINISHED: "finished", NoticeStatus.ERRED: "error"})

#: Arguments of ``Client.submit`` and ``Client.get``, and annotations, by field of ``Options``.
OPTIONS: Final = MappingProxyType(
    {
        "priority": "priority", "retries": "retries", "resources": "resources",
        "workers": "workers", "loose": "allow_other_workers",
    }
)  # fmt: skip


def cluster_test(shown: Shown, program: Program, trial: str = "") -> str:
    """The whole file.

    Args:
        trial: how often it failed.
    """
    body = "\n".join(GenClusterTest(shown, program).lines(trial))
    return with_its_means(body)


@dataclass
class GenClusterTest:
    """Writes one test.

    Attributes:
        should: the program with a trial fix in place; None without one.
        nesting: what is frozen by the blocks around the next line, innermost last.
        known: clients' futures by key.
    """

    shown: Shown
    program: Program
    should: Program | None = field(init=False)
    depth: int = 1
    frozen: list[tuple[HoldKind, str, str]] = field(default_factory=list)
    stacked: bool = field(init=False)
    varying: dict[str, str] = field(default_factory=dict)
    contents: dict[str, int] = field(default_factory=dict)
    known: dict[tuple[str, str], None] = field(default_factory=dict)
    dead: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.should = fixed(self.program)
        self.stacked = not is_nested(self.program)
        self.workers = [f"w{number}" for number in range(self.program.config.workers)]
        self.kinds = {hold.kind for hold in self.program.holds}
        for key in self.runs():
            self.check_runs(key)

    # What a task does

    def runs(self) -> Mapping[str, Sequence[Run]]:
        """Runs of each key, those that only follow with a fix included."""
        more = self.should.runs if self.should is not None else {}
        return {
            key: max(self.program.runs.get(key, []), more.get(key, []), key=len)
            for key in {**self.program.runs, **more}
        }

    def check_runs(self, key: str) -> None:
        """Raise CaseError for a task that holds back another run than its first."""
        runs = self.runs()[key]
        if any(run.held for run in runs[1:]):
            raise CaseError(f"a later run of {key} is held back", path=self.shown.case.place)
        if any(run.secedes for run in runs):
            raise CaseError(f"{key} secedes", path=self.shown.case.place)

    def function(self, task: GraphTask) -> Sequence[object]:
        """The function of a task, with its first arguments."""
        runs = self.runs().get(task.key, ())
        ends = [run.end for run in runs]
        fails = bool(ends) and all(kind is worker.Fail for kind in ends)
        if task.actor:
            return [Code("Counter")]
        if task.key in self.program.unreadable:
            name = f"load_{variable(task.key)}"
            self.varying[name] = 'varying([ValueError("unreadable"), 0])'
            return [Code("Unreadable"), Code(name)]
        if runs and runs[0].held:
            if len({*ends}) > 1 and not all(kind is worker.Succeed for kind in ends[1:]):
                raise CaseError(f"{task.key} ends in several ways", path=self.shown.case.place)
            name = "block_and_fail" if ends[0] is worker.Fail else "block"
            return [Code(name), Code(self.event(task.key))]
        if fails and len(ends) == len(self.program.runs.get(task.key, ())):
            return [Code("fail")]
        if any(kind is not worker.Succeed for kind in ends):
            results = [*map(outcome, ends), *([] if self.should else ["0"])]
            name = f"run_{variable(task.key)}"
            self.varying[name] = f"varying([{', '.join(results)}])"
            return [Code("apply"), Code(name)] if task.needs else [Code(name)]
        if task.content or self.shown.broken == "finished_keys_have_the_right_value":
            return [Code("constant"), task.content]
        return [Code("succeed")]

    def event(self, key: str) -> str:
        return f"end_{variable(key)}"

    # The test

    def lines(self, trial: str) -> Iterator[str]:
        """The function that pytest calls."""
        body = [*self.body()]
        config = self.program.config
        own: tuple[object, ...] = ("127.0.0.1", config.worker.nthreads)
        if config.worker.resources:
            own = (*own, {"resources": dict(config.worker.resources)})
        options: dict[str, object] = {"client": True, "nthreads": [own] * config.workers}
        if {HoldKind.BEGIN, HoldKind.GATHER} <= self.kinds:
            options["Worker"] = Code("Blocked")
        elif HoldKind.BEGIN in self.kinds:
            options["Worker"] = Code("BlockedExecute")
        elif HoldKind.GATHER in self.kinds:
            options["Worker"] = Code("BlockedGatherDep")
        settings: dict[str, object] = {}
        if config.allowed_failures != 3:
            settings["distributed.scheduler.allowed-failures"] = config.allowed_failures
        if config.saturation != 1.1:
            settings["distributed.scheduler.worker-saturation"] = config.saturation
        if settings:
            options["config"] = settings
        yield f"@{call('gen_cluster', **options)}"
        title = slug(self.shown.case.title).replace("-", "_")
        yield f"async def test_{title}(client, s, {', '.join(self.workers)}):"
        about = [*self.shown.about(), *([trial] if trial else [])]
        yield from indented(docstring(self.shown.case.title, about))
        yield from body

    def body(self) -> Iterator[str]:
        if not self.program.config.validate:
            states = ", ".join(["s", *(f"{worker}.state" for worker in self.workers)])
            yield from self.put(f"for it in ({states}):", "    it.validate = False")
        others = {client for client in self.clients() if client != "c0"}
        for name in sorted(others):
            yield from self.put(f"async with Client(s.address, asynchronous=True) as {name}:")
            self.depth += 1
        yield from self.blocks()
        for statement in self.program.statements:
            if isinstance(statement.step, Submit):
                for task in statement.step.tasks:
                    self.function(task)
        for name, made in self.varying.items():
            yield from self.put(f"{name} = {made}")
        events = [key for key, runs in self.runs().items() if runs and runs[0].held]
        for key in sorted(events):
            yield from self.put(f"{self.event(key)} = Event()")
        statements = self.program.statements
        for number, statement in enumerate(statements):
            yield from self.statement(statement)
            if number < len(statements) - 1:
                yield from self.waits(statement)
        yield from self.ends()

    def clients(self) -> Iterable[str]:
        asked = (Submit, client.Release, client.Cancel, client.Retry, client.Scatter)
        steps = [statement.step for statement in self.program.statements]
        return dict.fromkeys(step.client for step in steps if isinstance(step, asked))

    def put(self, *lines: str) -> Iterator[str]:
        yield from indented(lines, 4 * self.depth)

    def blocks(self) -> Iterator[str]:
        """Let workers run that are made to be blocked."""
        first = self.program.statements[0].holds
        for name in self.workers:
            if HoldKind.BEGIN in self.kinds:
                if (HoldKind.BEGIN, name, "") not in first:
                    yield from self.put(f"{name}.block_execute.set()")
                yield from self.put(f"{name}.block_execute_exit.set()")
            if HoldKind.GATHER in self.kinds and (HoldKind.GATHER, name, "") not in first:
                yield from self.put(f"{name}.block_gather_dep.set()")

    # Statements

    def statement(self, statement: Statement) -> Iterator[str]:
        first = statement is self.program.statements[0]
        for what in statement.holds:
            if what not in statement.lets:
                yield from self.hold(what, first=first)
        if statement.step is not None:
            yield from self.step(statement.step)
        for what in statement.lets:
            yield from self.let(what, statement.place)

    def hold(self, what: tuple[HoldKind, str, str], *, first: bool = False) -> Iterator[str]:
        kind, one, other = what
        if kind is HoldKind.MAIL and what not in self.frozen:
            self.frozen.append(what)
            freeze = f"freeze_batched_send({stream(one, other)})"
            if self.stacked:
                name = f"{one}_to_{other}".replace(SCHEDULER, "s").replace("c0", "client")
                yield from self.put(f"{name} = ExitStack()", f"{name}.enter_context({freeze})")
            else:
                yield from self.put(f"with {freeze}:")
                self.depth += 1
        elif kind is HoldKind.BEGIN and not first:
            yield from self.put(f"{one}.block_execute.clear()")
        elif kind is HoldKind.GATHER and not first:
            yield from self.put(f"{one}.block_gather_dep.clear()")

    def let(self, what: tuple[HoldKind, str, str], place: int) -> Iterator[str]:
        kind, one, other = what
        still = any(
            hold.what == what and hold.since <= place < hold.until for hold in self.program.holds
        )
        if kind is HoldKind.MAIL:
            if what not in self.frozen:  # held back again between two statements
                raise CaseError(NO_MEANS, path=self.shown.case.place)
            self.frozen.remove(what)
            if self.stacked:
                name = f"{one}_to_{other}".replace(SCHEDULER, "s").replace("c0", "client")
                yield from self.put(f"{name}.close()")
            else:
                self.depth -= 1
        elif kind is HoldKind.BEGIN:
            yield from self.put(f"{one}.block_execute.set()")
        elif kind is HoldKind.GATHER:
            yield from self.put(f"{one}.block_gather_dep.set()")
        else:
            yield from self.put(f"await {self.event(one)}.set()")
        if still and kind is not HoldKind.END:
            yield from self.hold(what)

    def step(self, step: Step) -> Iterator[str]:
        """The calls of one step."""
        match step:
            case Submit():
                yield from self.submit(step)
            case client.Release() | client.Cancel() | client.Retry() | client.Scatter():
                yield from self.put(*self.request(step))
            case worker.Dies():
                self.dead[step.name] = None
                yield from self.put(f"await {step.name}.close(executor_wait=False)")
            case worker.Join():
                yield from self.join(step)
            case _:
                yield from self.put(*self.decision(step))

    def request(
        self, step: client.Release | client.Cancel | client.Retry | client.Scatter
    ) -> Iterator[str]:
        """A client asks for something that is no graph."""
        name, futures = client_name(step.client), ", ".join(map(variable, step.keys()))
        match step:
            case client.Release():
                yield from (f"{variable(key)}.release()" for key in step.names)
                gone = " or ".join(f'"{key}" in {name}.futures' for key in step.names)
                gone = f"({gone})" if len(step.names) > 1 else gone
                yield f"await async_poll_for(lambda: not {gone}, {PATIENCE_S})".replace(
                    f'not "{step.names[0]}" in', f'"{step.names[0]}" not in'
                )
                for key in step.names:
                    self.known.pop((step.client, key), None)
            case client.Cancel():
                yield f"await {name}.cancel([{futures}]{', force=True' if step.force else ''})"
            case client.Retry():
                if {key for _, key in self.known} >= self.inputs(step.names):
                    yield f"await {name}.retry([{futures}])"
                else:  # Client.retry raises KeyError for what the client does not want
                    yield f"s.stimulus_retry({literal([*step.names])})"
            case client.Scatter():
                self.known[step.client, step.key] = None
                scatter = f'scatter({{"{step.key}": 0}}, workers=[{step.worker}.address])'
                yield f'{futures} = (await {name}.{scatter})["{step.key}"]'

    def join(self, step: worker.Join) -> Iterator[str]:
        """A worker joins, for the rest of the test."""
        config = self.program.config.worker
        options: dict[str, object] = {"nthreads": config.nthreads}
        if config.resources:
            options["resources"] = dict(config.resources)
        if {HoldKind.BEGIN, HoldKind.GATHER} & self.kinds or (self.frozen and not self.stacked):
            raise CaseError("a worker joins within a block", path=self.shown.case.place)
        made = call("Worker", Code("s.address"), **options)
        yield from self.put(f"async with {made} as {step.name}:")
        self.depth += 1

    def decision(self, step: Step) -> Iterator[str]:
        """A worker is paused, or the scheduler decides something by itself."""
        match step:
            case worker.Pause() | worker.Unpause():
                status = "paused" if isinstance(step, worker.Pause) else "running"
                there = f"s.workers[{step.name}.address].status"
                yield f"{step.name}.status = Status.{status}"
                yield f"await async_poll_for(lambda: {there} == Status.{status}, {PATIENCE_S})"
            case scheduler.Steal():
                move = 's.extensions["stealing"].move_task_request'
                yield f'ts, thief = s.tasks["{step.first}"], s.workers[{step.second}.address]'
                yield f"{move}(ts, ts.processing_on, thief)"
            case scheduler.Replicate() | scheduler.Drop():
                name = "acquire" if isinstance(step, scheduler.Replicate) else "remove"
                where = f'{step.second}.address, ["{step.first}"]'
                yield f's.request_{name}_replicas({where}, stimulus_id="test")'
            case _:
                raise CaseError(
                    f"no function of a test brings about > {step}", path=self.shown.case.place
                )

    def inputs(self, keys: Sequence[str]) -> set[str]:
        """Keys that were submitted and that these depend on, directly or not."""
        needs = {
            task.key: task.needs
            for statement in self.program.statements
            if isinstance(statement.step, Submit)
            for task in statement.step.tasks
        }
        found, pending = set[str](), [*keys]
        while pending:
            key = pending.pop()
            found.add(key)
            pending += [needed for needed in needs.get(key, ()) if needed not in found]
        return found

    def submit(self, step: Submit) -> Iterator[str]:
        """The call of a client that submits a graph."""
        name = client_name(step.client)
        listed = {task.key for task in step.tasks}
        for task in step.tasks:
            self.contents[task.key] = task.content
        for key in step.wanted:
            self.known[step.client, key] = None
        if len(step.tasks) == 1:
            (task,) = step.tasks
            function = [*self.function(task), *(Code(variable(key)) for key in task.needs)]
            options = self.options(task.options) | ({"actor": True} if task.actor else {})
            made = call(f"{name}.submit", *function, key=task.key, **options)
            yield from self.put(f"{variable(task.key)} = {made}")
            return
        graph = {
            task.key: (
                *self.function(task),
                *(key if key in listed else Code(variable(key)) for key in task.needs),
            )
            for task in step.tasks
        }
        wanted = ", ".join(map(variable, step.wanted))
        wanted = f"[{wanted}]" if len(step.wanted) == 1 else wanted
        actors = [task.key for task in step.tasks if task.actor]
        extra: dict[str, object] = {"sync": False} | ({"actors": actors} if actors else {})
        different = {repr(task.options) for task in step.tasks}
        if len(different) == 1:
            dsk: object = graph
            extra |= self.options(step.tasks[0].options)
        else:
            layers = {
                task.key: Code(
                    call(
                        "MaterializedLayer",
                        {task.key: graph[task.key]},
                        **(
                            {"annotations": annotations}
                            if (annotations := self.options(task.options))
                            else {}
                        ),
                    )
                )
                for task in step.tasks
            }
            needs = {
                task.key: Code(
                    "{" + ", ".join(literal(key) for key in task.needs if key in listed) + "}"
                    if any(key in listed for key in task.needs)
                    else "set()"
                )
                for task in step.tasks
            }
            yield from self.put(call("dsk = HighLevelGraph", layers, needs))
            dsk = Code("dsk")
        made = call(f"{name}.get", dsk, list(step.wanted), **extra)
        yield from self.put(f"{wanted} = {made}")

    def options(self, options: Options) -> dict[str, object]:
        found: dict[str, object] = {}
        for name, argument in OPTIONS.items():
            value = getattr(options, name)
            if value != getattr(NO_OPTIONS, name):
                found[argument] = value
        if "workers" in found:
            found["workers"] = [Code(f"{worker}.address") for worker in options.workers]
        if "resources" in found:
            found["resources"] = dict(options.resources)
        return found

    # What a test waits for

    def waits(self, statement: Statement) -> Iterator[str]:
        """Wait for what follows from a statement: the last that is seen of each party."""
        should = self.states_with_a_fix(statement)
        resolved: set[str] = set()
        for name, keys in statement.resolved.items():
            there = [
                key
                for key in keys
                if (name, key) in self.known
                and (should is None or key in should.resolved.get(name, ()))
            ]
            resolved |= {*there}
            if there:
                yield from self.put(f"await wait([{', '.join(map(variable, there))}])")
        last: dict[str, tuple[str, str | None]] = {}
        for (participant, key), state in statement.states.items():
            same = should is None or should.states.get((participant, key)) == state
            if same and key not in resolved and participant not in self.dead:
                last[participant] = (key, state)
        lines = [
            self.wait(participant, *last[participant])
            for participant in sorted(last)
            if not is_implied(participant, last)
        ]
        unseen = {
            participant
            for participant, key in statement.states
            if participant not in {*last, *self.dead} and key not in resolved
        }
        if unseen or (
            not lines and not resolved and any(let[0] is HoldKind.MAIL for let in statement.lets)
        ):
            lines += [*self.barrier(statement.step)] or ["await asyncio.sleep(0.1)"]
        yield from self.put(*lines)

    def barrier(self, step: Step | None) -> Iterator[str]:
        """Wait for a task behind what a client has sent, where no worker is held back."""
        if isinstance(step, Submit | client.Release | client.Cancel) and not self.program.holds:
            is_deserted = len(self.dead) == len(self.workers)
            task = f"{client_name(step.client)}.submit(int)"
            yield "await asyncio.sleep(0.1)" if is_deserted else f"await {task}"

    def wait(self, participant: str, key: str, state: str | None) -> str:
        """Wait until a party has a task in a state; None: until it has it no more."""
        tasks = "s.tasks" if participant == SCHEDULER else f"{participant}.state.tasks"
        if state is None:
            return f'await async_poll_for(lambda: "{key}" not in {tasks}, {PATIENCE_S})'
        where = "s" if participant == SCHEDULER else participant
        return f'await wait_for_state("{key}", "{state}", {where})'

    def states_with_a_fix(self, statement: Statement) -> Statement | None:
        """The same statement with a trial fix in place: tests wait for what both show."""
        others = self.should.statements if self.should is not None else ()
        return next((another for another in others if another.place == statement.place), None)

    # What is expected

    def ends(self) -> Iterator[str]:
        """Yield the assertions."""
        violation = self.shown.violation
        assert violation is not None
        if not violation.at_rest:
            if self.should is not None:
                yield from self.waits(replace(self.should.statements[-1], resolved={}))
            calls = [
                statement.step
                for statement in self.program.statements
                if statement.step is not None
            ]
            yield from self.put(*self.barrier(calls[-1]))
        yield from self.put(*self.statuses())
        if self.shown.broken == "finished_keys_have_the_right_value":
            yield from self.put(
                *(
                    f"assert await {variable(key)} == {self.contents[key]}"
                    for (_, key), status in self.program.statuses.items()
                    if status is NoticeStatus.FINISHED and key in self.contents
                )
            )
        elif self.shown.broken == "holders_are_agreed_on":
            for name in self.workers:
                if name not in self.dead:
                    yield from self.put(
                        f"has_what = s.workers[{name}.address].has_what",
                        f"assert {{ts.key for ts in has_what}} == set({name}.data)",
                    )
        elif self.shown.broken == "nothing_is_left":
            yield from self.put(*self.residue())

    def statuses(self) -> Iterator[str]:
        """Wait until futures have the statuses that they should have."""
        violation = self.shown.violation
        assert violation is not None
        expected = self.expected()
        if not expected:
            return
        futures = ", ".join(map(variable, expected))
        if len(expected) == 1:
            condition = f"{futures}.status == {literal(*expected.values())}"
        else:
            yield f"expected = {literal([*expected.values()])}"
            condition = f"[it.status for it in ({futures})] == expected"
        yield f"await async_poll_for(lambda: {condition}, {PATIENCE_S})"
        finished = [variable(key) for key, status in expected.items() if status == "finished"]
        if finished and not violation.at_rest:
            yield f"await client.gather([{', '.join(finished)}])"

    def residue(self) -> Iterator[str]:
        """Let go of everything, and wait until nothing is left."""
        for key in dict.fromkeys(key for _, key in self.known):
            yield f"{variable(key)}.release()"
        for line in self.shown.counterexample.splitlines():
            for condition in conditions(line, OWNERS):
                yield f"await async_poll_for(lambda: {condition}, {PATIENCE_S})"

    def expected(self) -> dict[str, str]:
        """Status of each future, as it is with a fix; by key."""
        if self.should is not None:
            return {
                key: STATUSES[status]
                for (name, key), status in self.should.statuses.items()
                if status in RESOLVED and (name, key) in self.known
            }
        if self.shown.broken in ("late_answers_end_nothing", "wanted_keys_resolve"):
            runs = self.runs()
            return {
                key: "error" if runs.get(key) and runs[key][-1].end is worker.Fail else "finished"
                for _, key in self.known
                if re.search(rf"\b{re.escape(key)}\b", self.shown.counterexample)
            }
        return {}


def is_implied(participant: str, last: Mapping[str, tuple[str, str | None]]) -> bool:
    """The scheduler has given a task to a worker, which is seen to work at it."""
    key, state = last[participant]
    others = {key for worker, (key, _) in last.items() if worker != SCHEDULER}
    return participant == SCHEDULER and state == "processing" and key in others


def outcome(end: type[Step]) -> str:
    if end is worker.Succeed:
        return "0"
    return 'RuntimeError("failed")' if end is worker.Fail else "Reschedule()"
