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
from pathlib import Path
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.campaigns.mutation_testing.operators import Change, changes

#: Digits of an id; a hundred thousand mutants have different ones.
ID_DIGITS: Final = 10


class NoSource(Exception):
    """The code that is to be changed is not installed, or has no source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Code under test: the modules that are changed, and the fuzzing that must notice.

    Attributes:
        name: as the command line calls it.
        subject: that is fuzzed.
        scope: at which it is fuzzed.
        package: everything in it is changed; a module stands for itself.
        modules: changed, relative to the package; empty: all but ``left_out``.
        left_out: modules that decide nothing.
        functions: pattern of the qualified names that are changed.
        excluded: pattern of those that are not, all the same.
        guards: conditions under which the code only checks itself; nothing is changed there.
        cpu_s: usual budget of a mutant, in seconds of CPU.
        whole: every mutant counts; otherwise those alone whose line a long walk executes.
    """

    name: str
    subject: str
    scope: str
    package: str
    modules: Sequence[str] = ()
    left_out: Sequence[str] = ()
    functions: str = ""
    excluded: str = r"(?!)"
    guards: Sequence[str] = ()
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

#: By name.
TARGETS: Final[Mapping[str, Target]] = MappingProxyType(
    {
        target.name: target
        for target in (
            Target(
                name="worker",
                subject="reference",
                scope="worker",
                package="workerfuzz.statemachine.worker",
                left_out=(
                    "canonical", "config", "errors", "event_record", "fingerprint", "snapshot",
                    "states_page",
                ),
                cpu_s=10.0,
            ),
            Target(
                name="scheduler",
                subject="reference",
                scope="cluster",
                package="workerfuzz.statemachine.scheduler",
                left_out=("config", "fingerprint", "possible_decisions"),
                cpu_s=20.0,
            ),
            Target(
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
            Target(
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


def modules_of(target: Target) -> Iterator[tuple[str, Path]]:
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
        if name in target.modules if target.modules else name not in target.left_out:
            yield f"{target.package}.{name}" if name else target.package, path


def mutants_of(target: Target) -> list[GeneratedMutant]:
    """Every mutant of a target, file by file, in the order of the text. Raises NoSource."""
    return [
        mutant
        for module, path in modules_of(target)
        for mutant, _ in mutants_in(target, module, path)
    ]


def mutants_in(
    target: Target, module: str, path: Path, tree: ast.Module | None = None
) -> Iterator[tuple[GeneratedMutant, Change]]:
    """Mutants of one module, each with its change of the tree: that of the file, unless given."""
    source = path.read_text(encoding="utf-8")
    tree = tree or ast.parse(source)
    inside = module.split(".")[1:]
    file = "/".join([*(inside if path.name == "__init__.py" else inside[:-1]), path.name])
    times: Counter[tuple[str, ...]] = Counter()
    lines = source.splitlines()
    for change in changes(tree):
        if not counts(target, change, tree):
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


def counts(target: Target, change: Change, tree: ast.Module) -> bool:
    """It is in a function of the target, and not where the code only checks itself."""
    if not re.match(target.functions, change.function) or re.match(
        target.excluded, change.function
    ):
        return False
    return not target.guards or change.statement.lineno not in guarded_lines(target, tree)


def guarded_lines(target: Target, tree: ast.Module) -> frozenset[int]:
    """Lines of the statements under a guard, and of the guards themselves."""
    key = (id(tree), target.name)
    if key not in _GUARDED:
        _GUARDED.clear()
        _GUARDED[key] = frozenset(
            line
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and ast.unparse(node.test) in target.guards
            for line in range(node.lineno, (node.body[-1].end_lineno or node.lineno) + 1)
        )
    return _GUARDED[key]


#: Guarded lines of the tree that is being looked at.
_GUARDED: dict[tuple[int, str], frozenset[int]] = {}


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
