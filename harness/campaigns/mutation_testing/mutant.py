"""Generated mutants as plain data, and the modules that they are generated from.

Standard library only: this runs in a process that has not imported what it changes.
"""

import ast
import hashlib
import importlib.util
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.campaigns.mutation_testing.operators import Change, changes, name_of

#: Digits of an id; a hundred thousand mutants have different ones.
ID_DIGITS: Final = 10


class NoSource(Exception):
    """The code that is to be changed is not installed, or has no source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeUnderTest:
    """Code under test: the modules that are changed, and the fuzzing that must notice.

    Attributes:
        name: as the command line calls it.
        subject: that is fuzzed.
        scope: at which it is fuzzed.
        package: in which the modules are.
        modules: patterns of the names of those that are changed, relative to the package.
        left_out: of those that are not, all the same: they decide nothing, or at another scope.
        functions: pattern of the qualified names that are changed.
        excluded: pattern of those that are not, all the same.
        guards: conditions under which the code only checks itself; nothing is changed there.
        refusals: exceptions that say that the caller, or the code itself, is wrong; nothing is changed
            in an ``if`` that does no more than raise one.
        cpu_s: usual budget of a mutant, in seconds of CPU.
        whole: every mutant counts; otherwise those alone whose line a long walk executes.
    """

    name: str
    subject: str
    scope: str
    package: str
    modules: Sequence[str] = ("*",)
    left_out: Sequence[str] = ()
    functions: str = ""
    excluded: str = r"(?!)"
    guards: Sequence[str] = ()
    refusals: Sequence[str] = ()
    cpu_s: float
    whole: bool = True


#: Methods of Dask's scheduler that decide: transitions, stimuli, and handlers of messages and calls.
SCHEDULER_FUNCTIONS: Final = (
    r"(Scheduler|SchedulerState)\.(_?transitions?$|_transition_|stimulus_|handle_|decide_worker|_propagate_|"
    r"_add_to_|_exit_|_remove_key|_clear_task_state|_client_releases_keys|bulk_schedule_|is_rootish|"
    r"check_idle_saturated|is_unoccupied|valid_workers|(acquire|release)_resources|worker_objective|"
    r"(add|remove)_(replica|all_replicas|worker|client|keys)|new_task|_find_lost_dependencies|update_graph$|"
    r"_create_taskstate_from_graph|_generate_taskstates|_apply_annotations|_set_priorities|"
    r"client_(desires|releases)_keys|release_worker_data|_reschedule|_task_to_msg|report|update_data|"
    r"request_(acquire|remove)_replicas|send_task_to_worker|worker_send|_get_prefix_duration|get_comm_cost)"
    r"|_task_to_report_msg|_task_to_client_msgs|decide_worker|_task_slots_available|_worker_full"
    r"|WorkStealing\."
)

#: Methods that check, describe or start; not what decides.
EXCLUDED_IN_DASK: Final = (
    r".*\b(_?validate\w*|story|stimulus_story|__init__|start|stop|teardown|restart|_notify_plugins"
    r"|log)$"
)

#: Methods of our models that decide nothing: copies for exploring, and what only observers read.
EXCLUDED_IN_MODELS: Final = r".*\b(copy|residue|previous|peers_that_could_be_asked)$"

#: Of our models: an event cannot have happened, or the model is wrong.
REFUSALS: Final = (
    "ContradictoryRecommendations", "InvalidEvent", "InvalidTransition", "TransitionsDoNotEnd",
)  # fmt: skip

#: By name.
TARGETS: Final[Mapping[str, CodeUnderTest]] = MappingProxyType(
    {
        target.name: target
        for target in (
            CodeUnderTest(
                name="worker",
                subject="reference",
                scope="worker",
                package="workerfuzz.statemachine",
                modules=("worker.*",),
                left_out=(
                    "worker.assignments", "worker.canonical", "worker.config", "worker.edges",
                    "worker.errors", "worker.event_record", "worker.events", "worker.fingerprint",
                    "worker.instructions", "worker.states_page",
                ),
                excluded=EXCLUDED_IN_MODELS,
                refusals=REFUSALS,
                cpu_s=10.0,
            ),
            CodeUnderTest(
                name="scheduler",
                subject="reference",
                scope="cluster",
                package="workerfuzz.statemachine",
                modules=("scheduler.*", "worker.assignments"),
                left_out=(
                    "scheduler.client_requests", "scheduler.config", "scheduler.fingerprint",
                    "scheduler.messages", "scheduler.possible_decisions",
                ),
                excluded=EXCLUDED_IN_MODELS,
                refusals=REFUSALS,
                cpu_s=20.0,
            ),
            CodeUnderTest(
                name="dask-worker",
                subject="dask",
                scope="cluster",
                package="distributed",
                modules=("worker_state_machine",),
                functions=r"WorkerState\.|merge_recs_instructions",
                excluded=EXCLUDED_IN_DASK,
                guards=("self.validate",),
                cpu_s=20.0,
                whole=False,
            ),
            CodeUnderTest(
                name="dask-scheduler",
                subject="dask",
                scope="cluster",
                package="distributed",
                modules=("scheduler", "stealing"),
                functions=SCHEDULER_FUNCTIONS,
                excluded=EXCLUDED_IN_DASK,
                guards=("self.validate", "self.scheduler.validate"),
                cpu_s=20.0,
                whole=False,
            ),
        )
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedMutant:
    """One small change of a module.

    Attributes:
        id: follows from file, function, operator and both texts, not from the line: it stays as long as
            its function does not change there.
        module: that is changed.
        file: its path inside the package.
        function: qualified name; empty at the top of the module.
        line: of the first character that changes; counts from 1.
        column: of the same; counts from 0.
        first_line: of the lines of which one is executed whenever the changed place may be.
        last_line: of the same.
        before: the source text, in one line.
        after: the text that takes its place; empty where it is left out.
    """

    id: str
    module: str
    file: str
    function: str
    line: int
    column: int
    first_line: int
    last_line: int
    operator: str
    before: str
    after: str

    def __str__(self) -> str:
        function = f" in {self.function}" if self.function else ""
        return f"{self.id} {self.file}:{self.line}{function}: {self.change}"

    @property
    def change(self) -> str:
        """In words."""
        after = f"became `{self.after}`" if self.after else "was left out"
        return f"`{self.before}` {after} ({self.operator})"

    @property
    def entry(self) -> str:
        """The mutant without its line, as the file of equivalent mutants names it."""
        return f"{self.id} {self.file} {self.function or 'module'}: {self.change}"


def modules_of(target: CodeUnderTest) -> Iterator[tuple[str, Path]]:
    """Name and file of each module of a target, without importing it. Raises NoSource."""
    spec = importlib.util.find_spec(target.package)
    if spec is None or not spec.submodule_search_locations:
        raise NoSource(
            f"{target.package} is not installed: there is nothing of {target.name} to change"
        )
    folder = Path(next(iter(spec.submodule_search_locations)))
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        if is_among(name, target.modules) and not is_among(name, target.left_out):
            yield f"{target.package}.{name}" if name else target.package, path


def is_among(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def mutants_of(target: CodeUnderTest) -> list[GeneratedMutant]:
    """Every mutant of a target, file by file, in the order of the text. Raises NoSource."""
    return [
        mutant
        for module, path in modules_of(target)
        for mutant, _ in mutants_in(target, module, path)
    ]


def mutants_in(
    target: CodeUnderTest, module: str, path: Path, tree: ast.Module | None = None
) -> Iterator[tuple[GeneratedMutant, Change]]:
    """Mutants of one module, each with its change of the tree: that of the file, unless given."""
    source = path.read_text(encoding="utf-8")
    tree = tree or ast.parse(source)
    inside = module.split(".")[1:]
    file = "/".join([*(inside if path.name == "__init__.py" else inside[:-1]), path.name])
    times: Counter[tuple[str, ...]] = Counter()
    lines = source.splitlines()
    guarded = guarded_lines(target, tree)
    for change in changes(tree):
        if change.statement.lineno in guarded or not is_among_functions(target, change.function):
            continue
        what = (file, change.function, change.operator, *texts(change, lines))
        times[what] += 1
        digest = hashlib.sha256("\0".join([*what, str(times[what])]).encode()).hexdigest()
        first, last = extent(change)
        yield (
            GeneratedMutant(
                id=digest[:ID_DIGITS],
                module=module,
                file=file,
                function=change.function,
                line=getattr(change.node, "lineno", first),
                column=getattr(change.node, "col_offset", 0),
                first_line=first,
                last_line=last,
                operator=change.operator,
                before=what[3],
                after=what[4],
            ),
            change,
        )


def is_among_functions(target: CodeUnderTest, function: str) -> bool:
    return bool(re.match(target.functions, function)) and not re.match(target.excluded, function)


def guarded_lines(target: CodeUnderTest, tree: ast.Module) -> frozenset[int]:
    """Lines where the code only checks itself: under a guard or with a refusal, conditions included."""
    return frozenset(
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.If)
        and (ast.unparse(node.test) in target.guards or is_refusal(node, target.refusals))
        for line in range(node.lineno, (node.body[-1].end_lineno or node.lineno) + 1)
    )


def is_refusal(node: ast.If, exceptions: Sequence[str]) -> bool:
    """Return True for ``if ...: raise InvalidEvent(...)``."""
    match node.body:
        case [ast.Raise(exc=ast.Call(func=raised))] if not node.orelse:
            return name_of(raised) in exceptions
        case _:
            return False


def texts(change: Change, lines: Sequence[str]) -> tuple[str, str]:
    """Source text of what is changed, in one line, and the text that takes its place."""
    node = change.node
    before = source_of(node, lines)
    if (
        isinstance(change.parent, ast.Dict)
        and change.replacement is None
        and change.field == "keys"
    ):
        value = source_of(change.parent.values[change.place or 0], lines)
        key = change.parent.keys[change.place or 0]
        before = f"{before}: {value}" if key is not None else f"**{value}"
    if change.replacement is None:
        return before, ""
    return before, ast.unparse(change.replacement) if not isinstance(
        change.replacement, ast.Pass
    ) else "pass"


def source_of(node: ast.AST, lines: Sequence[str]) -> str:
    """The text of a node in one line; offsets count bytes of UTF-8, as the compiler does."""
    first, last = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
    if first is None or last is None:
        return ast.unparse(node)
    text = [line.encode() for line in lines[first - 1 : last]]
    text[-1] = text[-1][: node.end_col_offset]  # type: ignore[attr-defined]  # with its end line
    text[0] = text[0][node.col_offset :]  # type: ignore[attr-defined]  # with its first line
    return " ".join(b" ".join(text).decode().split())


def extent(change: Change) -> tuple[int, int]:
    """Lines of the statement, or of the head of one that has others inside."""
    statement = change.statement
    body = getattr(statement, "body", None)
    last = statement.end_lineno or statement.lineno
    if isinstance(body, list) and body:
        last = max(statement.lineno, body[0].lineno - 1)
    return statement.lineno, last
