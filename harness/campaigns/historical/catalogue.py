"""Every bug of the zoo that a supported release of Dask has and a whole cluster can show."""

from typing import Final

from workerfuzz.harness.campaigns.historical.bug import ANY, HistoricalBug, Sign

#: A thread runs on while its task is freed and wanted again.
REVIVED: Final = (("executing", "cancelled"), ("cancelled", "executing"))

BUGS: Final = (
    HistoricalBug(
        name="Z06", origin="#6676", last="2022.7.0", fixed="2022.7.1",
        words="a task with a resource and a remote input runs without the resource",
        signs=(Sign(
            said=r"resources_are_taken .*ready -> executing, took no",
            path=(("waiting", "ready"), ("ready", "executing")),
        ),),
    ),
    HistoricalBug(
        name="Z08", origin="#6711", last="2022.7.0", fixed="2022.7.1",
        words="an old entry in the queue starts a task without its resource",
        signs=(Sign(
            said=r"resources_are_taken .*constrained -> executing, took no",
            path=(("ready", "released"), (ANY, "constrained"), ("constrained", "executing")),
        ),),
    ),
    HistoricalBug(
        name="Z10", origin="#6699", last="2022.8.0", fixed="2022.8.1",
        words="x runs, is freed and needed from elsewhere, and fails: who needs it waits for ever",
        signs=(Sign(
            said=r"wanted_keys_resolve|ts_wait\.state in WAITING_FOR_DATA|"
            r"threads_are_known .*no thread, the worker knows of",
            path=(("executing", "cancelled"), ("cancelled", "resumed"), ("resumed", "error")),
            steps=("fail",),
        ),),
    ),
    HistoricalBug(
        name="Z13", origin="#6699", last="2022.8.0", fixed="2022.8.1",
        words="a copy that nobody needs any more does not deserialise, and the worker raises",
        signs=(Sign(said=r"_transition_cancelled_error: assert ts\._?previous", steps=("garble",)),),
    ),
    HistoricalBug(
        name="Z15", origin="#6878", last="2022.8.0", fixed="2022.8.1",
        words='x is freed and wanted again; "already cancelled" arrives, and x waits for ever',
        signs=(Sign(
            said=r"wanted_keys_resolve .* cancelled on workers",
            path=(*REVIVED, ("executing", "cancelled")),
        ),),
    ),
    HistoricalBug(
        name="Z18", origin="#6913", last="2022.8.0", fixed="2022.8.1",
        words="x runs, is freed and needed from elsewhere, and ends with Reschedule",
        signs=(Sign(said=r"InvalidTransition; resumed -> rescheduled"),),
    ),
    HistoricalBug(
        name="Z20", origin="#6916", last="2022.8.1", fixed="2022.9.0",
        words="x runs, is freed, secedes and is wanted again: the scheduler is never told",
        signs=(Sign(
            said=r"seceded_tasks_are_known .* left its slot",
            path=REVIVED,
        ),),
    ),
    HistoricalBug(
        name="Z22", origin="#7167", last="2022.10.0", fixed="2022.10.1",
        words="a task is freed while it waits, and counted as waiting for ever",
        signs=(Sign(said=r"waiting_for_data_count=", path=(("waiting", "released"),)),),
    ),
    HistoricalBug(
        name="Z23", origin="#7463", last="2023.1.0", fixed="2023.1.1",
        words="the result of one content counts as that of the next",
        signs=(Sign(said=r"finished_keys_have_the_right_value", path=REVIVED),),
    ),
    HistoricalBug(
        name="Z25", origin="#7490", last="2023.1.0", fixed="2023.1.1",
        words="a copy is kept for a task that was cancelled",
        signs=(Sign(said=r"copies_are_kept_for_a_reason .* is cancelled"),),
    ),
    HistoricalBug(
        name="Z28", origin="#7933", last="2023.6.1", fixed="2023.7.0",
        words="the error of a cancelled run is booked on the new one",
        signs=(Sign(
            said=r"failures_have_a_cause",
            path=(("executing", "cancelled"), ("cancelled", "executing"), ("executing", "error")),
        ),),
    ),
    HistoricalBug(
        name="Z30", origin="#8991", last="2025.1.0", fixed="2025.2.0",
        words="the scheduler takes an old run's long-running for that of the new run",
        signs=(Sign(said=r"seceded_tasks_are_known .* is believed to have left its slot"),),
    ),
    HistoricalBug(
        name="O1", origin="#6705", last="2026.8.0", fixed="",
        words="an input does not deserialise: its user waits for ever",
        signs=(Sign(
            said=r"wanted_keys_resolve .* waiting .*on workers|ts_wait\.state in WAITING_FOR_DATA",
            path=(("flight", "error"),),
            steps=("garble",),
        ),),
    ),
    HistoricalBug(
        name="O4", origin="#6893", last="2026.8.0", fixed="",
        words="a task and its input are freed, the task is wanted again: it runs without its input",
        signs=(Sign(said=r"could not begin: (KeyError|AssertionError)", path=REVIVED),),
    ),
    HistoricalBug(
        name="O7", origin="", last="2026.8.0", fixed="", limit_s=600.0,
        words="an input that is being copied is freed in answer to an old report of it",
        signs=(Sign(
            said=r"wanted_keys_resolve .* waiting .*on workers|where ts_wait is cancelled",
            path=(
                ("executing", "memory"), ("memory", "released"),
                ("fetch", "flight"), ("flight", "cancelled"),
            ),
            without=("garble",),
        ),),
    ),
    HistoricalBug(
        name="#7348", origin="#7348", last="2022.11.1", fixed="2022.12.0",
        words="a queued task is submitted again, and the report of its first run arrives",
        signs=(Sign(
            said=r"assert not args and not kwargs",
            path=((ANY, "queued"),), on_scheduler=True,
        ),),
    ),
    HistoricalBug(
        name="#8549", origin="#8549", last="2024.2.1", fixed="2024.3.0",
        words="a finished task is to fail, or one that has failed is reported as finished",
        signs=(
            Sign(
                said=r"_transition: assert not .*kwargs|stimulus_task_finished",
                path=((ANY, "erred"),), on_scheduler=True,
            ),
            Sign(
                said=r"_transition_released_waiting: assert dts\.state not in .*dts is erred",
                path=(("memory", "released"), (ANY, "erred")), on_scheduler=True,
                steps=("fail",), without=("retry", "recompute"),
            ),
        ),
    ),
    HistoricalBug(
        name="#8703", origin="#8703", last="2024.6.0", fixed="2024.6.1",
        words="the input of a queued task is lost",
        signs=(Sign(
            said=r"dts in ts\.waiting_on or dts\.who_has|add_to_processing: assert dts\.who_has|"
            r"_validate_ready: assert all\(dts\.who_has",
            path=((ANY, "queued"),), on_scheduler=True, steps=("dies",),
        ),),
    ),
    HistoricalBug(
        name="#9067", origin="#9067", last="2025.4.1", fixed="2025.5.0",
        words="a worker that has an actor dies",
        signs=(Sign(
            said=r"missing 1 required .*argument: 'worker'",
            written=r"\[actor", steps=("dies",),
        ),),
    ),
)  # fmt: skip


def bugs_of(release: str) -> tuple[HistoricalBug, ...]:
    """Those that are looked for in a release."""
    return tuple(bug for bug in BUGS if bug.last == release)


def fixed_in(release: str) -> tuple[HistoricalBug, ...]:
    """Those that a release is the first to be without."""
    return tuple(bug for bug in BUGS if bug.fixed == release)


def releases() -> tuple[str, ...]:
    """In which there is something to look for."""
    return tuple(dict.fromkeys(bug.last for bug in BUGS))


def concerned() -> tuple[str, ...]:
    """The same, with the releases that ended something; oldest first."""
    both = {*releases(), *(bug.fixed for bug in BUGS if bug.fixed)}
    return tuple(sorted(both, key=lambda release: [*map(int, release.split("."))]))
