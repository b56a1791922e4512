"""Terminal output: a case step by step, mutants, lists."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from workerfuzz.harness.campaigns.mutants.measure import HEALTHY, Measured
from workerfuzz.harness.cases.format.case import Case, open_world
from workerfuzz.harness.cases.format.casefile import format_config
from workerfuzz.harness.cases.format.corpus import Stats
from workerfuzz.harness.cases.format.spelling import counted
from workerfuzz.harness.cases.replay.replay import with_rest
from workerfuzz.harness.subjects.protocol import Subject
from workerfuzz.harness.worlds.playing import StepResult, play
from workerfuzz.harness.worlds.scopes import World
from workerfuzz.statemachine.properties.property import AnyProperty


def console() -> Console:
    """Plain text where nobody looks at a terminal."""
    return Console(highlight=False, markup=False, soft_wrap=True)


def show_case(case: Case, subject: Subject) -> bool:
    """Plays a case and prints what happens. Returns whether every property held."""
    screen = console()
    for line in heading(case, subject):
        screen.print(line)
    world = open_world(case, subject)
    held = True
    for scene, result in zip(with_rest(case), play(world, case.steps), strict=False):
        for remark in scene.remarks:
            screen.print(Text(remark, "green"))
        for line in transcript(scene.line, result, world):
            screen.print(line)
        held = held and result.violation is None and result.impossible is None
    return held


def heading(case: Case, subject: Subject) -> Iterator[Text]:
    yield Text(case.title, "bold")
    config = format_config(case.config) or "the default worker"
    yield Text(f"{case.scope} of {subject.name} {subject.version()}, {config}", "dim")
    yield from (Text(f"known to break: {item}", "yellow") for item in case.breaks)
    yield from (Text(f"found: {case.found}", "dim") for _ in [0] if case.found)
    yield from (Text(f"note: {note}", "dim") for note in case.notes)
    yield Text("")


def transcript(number: int, result: StepResult, world: World) -> Iterator[Text]:
    """One step, what follows from it, and where every task is now."""
    place = str(number) if number else ""
    yield Text(f"{place:>4}  > {result.step or 'rest'}", "bold cyan")
    if result.impossible is not None:
        yield Text(f"      impossible: {result.impossible}", "bold red")
    elif result.violation is not None:
        broken = result.violation
        yield Text(f"      ~ {broken.property}: {broken.sentence}", "bold red")
        yield from (Text(f"        {line}", "red") for line in broken.counterexample.splitlines())
    elif result.effect is None:
        yield Text("      every property holds", "green")
    else:
        yield from (Text(f"      {line}") for line in result.effect.lines())
        yield Text(f"      = {world.where()}", "dim")


def mutant_line(measured: Measured) -> str:
    """Result of one mutant, in one line."""
    did = f"{measured.steps:,} steps, {measured.seconds:.1f} s"
    if measured.problem:
        return f"  ? {measured.name}: {measured.problem}"
    if not measured.is_caught:
        return f"  {'=' if measured.is_right else '!'} {measured.name}: nothing broke; {did}"
    rest = " and rest" if measured.at_rest else ""
    unexpected = "" if measured.is_right else ", which is not what should"
    return (
        f"  {'=' if measured.is_right else '!'} {measured.name}: {measured.caught_by}{unexpected}; "
        f"{did}; shown by {len(measured.shrunk)}{rest}"
    )


def score(results: Sequence[Measured]) -> str:
    """``41 of 42 caught, the healthy model passes``."""
    mutants = [one for one in results if one.name != HEALTHY]
    healthy = [one for one in results if one.name == HEALTHY]
    passes = "passes" if all(one.is_right for one in healthy) else "does not pass"
    model = f"the healthy model {passes}" if healthy else "the healthy model was not measured"
    return f"{sum(one.is_caught for one in mutants)} of {len(mutants)} caught, {model}"


def show_properties(properties: Iterable[AnyProperty]) -> None:
    """Names and sentences, by when they must hold."""
    by_kind: dict[str, list[tuple[str, str]]] = {}
    for found in properties:
        by_kind.setdefault(found.kind, []).append((found.name, found.sentence))
    for kind, rows in by_kind.items():
        console().print(Text(kind, "bold"))
        show_pairs(rows)


def show_pairs(rows: Iterable[tuple[str, str]]) -> None:
    """Names, each with what there is to say of it; one line each."""
    pairs = list(rows)
    width = max((len(name) for name, _ in pairs), default=0)
    for name, sentence in pairs:
        console().print(Text.assemble((f"  {name:{width}}", "cyan"), f"  {sentence}"))


def stats_lines(stats: Stats) -> Iterator[str]:
    """Counts of entries, by scope and subject, and of the features that they reach."""
    total = stats.entries.total()
    steps = stats.steps / total if total else 0
    yield f"{counted(total, 'corpus entry')}, {steps:.1f} steps each, {stats.nbytes / 1024:,.1f} KiB"
    for (scope, subject), count in sorted(stats.entries.items()):
        yield f"  {scope}, {subject or 'no subject'}: {counted(count, 'corpus entry')}"
    for scope, count in sorted(stats.features.items()):
        yield f"  {scope}: {counted(count, 'feature')} reached"
