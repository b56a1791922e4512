"""A case is played, and a chart is made of it."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final, cast

from workerfuzz.harness.cases.format.case import Case, CaseStep, ScopeName
from workerfuzz.harness.cases.format.casefile import format_config
from workerfuzz.harness.cases.swimlanes.chart import Chart, ChartFailure, keys_in
from workerfuzz.harness.cases.swimlanes.listing import listed
from workerfuzz.harness.cases.swimlanes.text_drawing import draw, fits, plain
from workerfuzz.harness.cases.swimlanes.trace import Trace
from workerfuzz.harness.cases.swimlanes.traced_cluster import TracedCluster
from workerfuzz.harness.cases.swimlanes.traced_processes import TracedProcesses
from workerfuzz.harness.cases.swimlanes.traced_worker import TracedWorker
from workerfuzz.harness.subjects import AnySubject, get_cluster, get_processes
from workerfuzz.harness.subjects.cluster_protocol import ClusterSystem
from workerfuzz.harness.subjects.protocol import Subject
from workerfuzz.harness.worlds.playing import StepResult, play
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.process.run_config import ProcessRunConfig


def chart_of(case: Case, subject: AnySubject, *, tables: bool = False) -> Chart:
    """Plays a case on a subject.

    Args:
        subject: of either scope; where it has no cluster, the one of its name is taken.
        tables: note every table after each step as well.

    Raises:
        SubjectUnavailable: the subject cannot be had here, or not at the scope of the case.
    """
    world = open_traced(case, subject, tables=tables)
    trace = world.trace
    breach = None
    for result in play(world, case.steps):
        if result.impossible is not None:
            trace.begin(result.step)
        breach = breach_of(result, trace)
        if result.effect is None:
            with suppress(Exception):  # what is broken may not even show itself
                trace.settle()
    return Chart(
        title=case.title,
        place=case.place,
        about=about(case, subject),
        subject=subject.name,
        notes=tuple(notes(case)),
        lanes=trace.noted_lanes(),
        rows=trace.noted_rows([line_and_remarks(scene) for scene in case.scenes]),
        arrows=trace.noted_arrows(),
        spans=trace.noted_spans(),
        breach=breach,
    )


def open_traced(
    case: Case, subject: AnySubject, *, tables: bool
) -> TracedCluster | TracedProcesses | TracedWorker:
    """A fresh world that takes notes."""
    run_config = case.run_config
    if isinstance(run_config, ProcessRunConfig):
        return TracedProcesses(get_processes(subject.name), run_config, tables=tables)
    if isinstance(run_config, ClusterRunConfig):
        own = hasattr(subject, "cluster")
        cluster = cast("ClusterSystem", subject) if own else get_cluster(subject.name)
        return TracedCluster(cluster, run_config, tables=tables)
    return TracedWorker(cast("Subject", subject), run_config, tables=tables)


def breach_of(result: StepResult, trace: Trace) -> ChartFailure | None:
    """Return the failure that a result shows, if any."""
    if result.impossible is not None:
        keys = result.step.keys() if result.step is not None else ()
        return ChartFailure(trace.now, "", "A step could not be taken.", result.impossible, keys)
    broken = result.violation
    if broken is None:
        return None
    if broken.at_rest and trace.rows[-1].over:
        trace.rests()
    keys = keys_in(broken.counterexample, trace.known) or keys_at(trace)
    return ChartFailure(trace.now, broken.property, broken.sentence, broken.counterexample, keys)


def keys_at(trace: Trace) -> tuple[str, ...]:
    """Return the keys of the last row."""
    arrived = (key for sent in trace.arrows if sent.ended == trace.now for key in sent.keys)
    return tuple(dict.fromkeys((*trace.rows[-1].keys, *arrived)))


def line_and_remarks(scene: CaseStep) -> tuple[int, tuple[str, ...]]:
    """Line of a step, and what stands above it."""
    lines = "\n".join(remark.removeprefix("#").strip() for remark in scene.remarks)
    paragraphs = (" ".join(paragraph.split()) for paragraph in lines.split("\n\n"))
    return scene.line, tuple(filter(None, paragraphs))


def about(case: Case, subject: AnySubject) -> str:
    default = "the default worker" if case.scope is ScopeName.WORKER else "the default cluster"
    config = format_config(case.config) or default
    return f"{case.scope} of {subject.name} {subject.version()}, {config}"


def notes(case: Case) -> Iterator[str]:
    yield from (f"known to break: {item}" for item in case.breaks)
    if case.found:
        yield f"found: {case.found}"
    yield from (f"note: {note}" for note in case.notes)


#: Rows up to the one that broke something, and columns, that are shown.
ROWS: Final = 12
WIDTH: Final = 80


def excerpt(case: Case, subject: AnySubject) -> tuple[str, ...]:
    """The last rows of a case that is played. What cannot be drawn is told without a drawing."""
    try:
        return tuple(drawn(chart_of(case, subject)))
    except Exception as error:  # noqa: BLE001 - whatever it is, what was found is worth more
        return (f"there is no drawing: {type(error).__name__}: {error}",)


def drawn(chart: Chart, rows: int = ROWS, width: int = WIDTH) -> Iterator[str]:
    """As lanes where there is room, otherwise as a list."""
    lines = draw(chart, width, rows) if fits(chart, width, rows) else [*listed(chart, rows)]
    return plain(lines)
