"""Trial fixes of the known defects of distributed 2026.8.0, by name.

They prove a root cause: with the fix exactly the cases of that defect pass. They are no proposals: some
give up what the real one would have to keep.
"""

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.subjects.dask.fixes.patch import SourceChange, TrialFix, fits, fixed
from workerfuzz.harness.subjects.dask.releases import installed
from workerfuzz.harness.subjects.protocol import SubjectUnavailable

#: Stands for every fix that fits the release.
ALL: Final = "all"


def _fix(name: str, sentence: str, *changes: tuple[str, str, str]) -> TrialFix:
    """Make a fix of changes, each given by place, text before and text after."""
    return TrialFix(
        name,
        sentence,
        tuple(SourceChange(*split(place), before, after) for place, before, after in changes),
    )


def split(place: str) -> tuple[str, str]:
    """Return module and function of a place."""
    module, _, function = place.partition(".")
    return module, function


_ALL: Final = (
    _fix(
        "cancel-goes-through-unwanted-tasks",
        "Cancelling a key goes through dependents that nobody wants.",
        ("scheduler.Scheduler.stimulus_cancel", r"^ +assert ts\.who_wants\n", ""),
        (
            "scheduler.Scheduler.stimulus_cancel",
            r"list\(ts\.who_wants\)",
            "list(ts.who_wants or ())",
        ),
    ),
    _fix(
        "finish-of-an-older-run-is-ignored",
        "The finish of an older run changes nothing; a thread that serves a newer run tells so, and "
        "where that is of other content, another run follows.",
        (
            "scheduler.Scheduler.stimulus_task_finished",
            r"elif ts\.run_id != run_id:\n.*?( +)elif ts\.state == \"memory\":",
            r"elif ts.run_id != run_id:\n"
            r"\1    at = ts.processing_on and ts.processing_on.address\n"
            r'\1    if at == worker and (metadata or {}).get("superseded"):\n'
            r'\1        recommendations[ts.key] = "released"\n'
            r'\1elif ts.state == "memory":',
        ),
        (
            "worker_state_machine.WorkerState._handle_execute_success",
            r"^( +)recs\[ts\] = \(\"memory\", ev\.value, ev\.run_id\)\n",
            r'\1superseded = "superseded" in (ts.annotations or {})\n'
            r'\1if superseded: ts.metadata = {**(ts.metadata or {}), "superseded": True}\n'
            r'\1recs[ts] = ("memory", ev.value, ev.run_id if superseded else ts.run_id)\n',
        ),
        (
            "worker_state_machine.WorkerState._handle_compute_task",
            r"^( +)ts\.run_spec = ev\.run_spec\n",
            r'\1other = ts.previous in ("executing", "long-running") and ts.run_spec != ev.run_spec\n'
            r"\1ts.run_spec = ev.run_spec\n",
        ),
        (
            "worker_state_machine.WorkerState._handle_compute_task",
            r"^( +)ts\.annotations = ev\.annotations\n",
            r"\1ts.annotations = ev.annotations\n"
            r'\1if other: ts.annotations = {**(ev.annotations or {}), "superseded": True}\n',
        ),
    ),
    _fix(
        "retry-leaves-readers-of-other-failed-inputs",
        "A task is tried again with an input only if no other input has failed.",
        (
            "scheduler.Scheduler._transition_erred_released",
            r"if dts\.state == \"erred\":",
            'if dts.state == "erred" and not any('
            'it.state == "erred" for it in dts.dependencies if it is not ts):',
        ),
    ),
    _fix(
        "retry-looks-behind-released-inputs",
        "Another try of a key is one of all that failed behind inputs that are to be computed again.",
        (
            "scheduler.Scheduler.stimulus_retry",
            r"if dts\.state == \"erred\"\]",
            'if dts.state in ("erred", "released")]',
        ),
        (
            "scheduler.Scheduler.stimulus_retry",
            r"^( +)stack\.extend\(erred_deps\)\n",
            r'\1stack.extend(erred_deps)\n\1if ts.state == "erred":\n\1    roots.append(key)\n',
        ),
        (
            "scheduler.Scheduler.stimulus_retry",
            r"for key in roots\}",
            "for key in reversed(dict.fromkeys(reversed(roots)))"  # inputs last: these go first
            ' if key in keys or self.tasks[key].state == "erred"}',
        ),
    ),
    _fix(
        "copy-by-request-is-freed-again",
        "A worker that has copied by request what is not in memory any more is told to free it.",
        (
            "scheduler.Scheduler.gather_on_worker",
            r"^( +)logger\.warning\(f\"Key lost during replication: \{key\}\"\)\n",
            r'\1message = {"op": "free-keys", "keys": [key], "stimulus_id": "gather"}\n'
            r"\1self.worker_send(worker_address, message)\n",
        ),
    ),
    _fix(
        "blame-goes-with-the-failure",
        "A task that is released instead of failing with its input is not to blame any more.",
        *(
            (
                f"scheduler.SchedulerState.{function}",
                r"^( +)recommendations\[dts\.key\] = \"released\"\n",
                r'\1recommendations[dts.key] = "released"\n\1if dts.state != "erred":'
                r"\n\1    dts.exception_blame = None\n",
            )
            for function in ("_propagate_erred", "_transition_waiting_released")
        ),
    ),
    _fix(
        "finished-task-does-not-fail-with-its-input",
        "A task in memory does not fail because its input was computed again, and failed.",
        (
            "scheduler.Scheduler._create_taskstate_from_graph",
            r"if dts\.exception_blame:",
            "if dts.exception_blame and not ts.who_has:",
        ),
    ),
    _fix(
        "given-up-result-is-freed",
        "A result that becomes an error is freed on the workers that have it.",
        (
            "scheduler.SchedulerState._transition_memory_erred",
            r"^( +)return (self\._propagate_erred\(.*\n\1\))",
            r"\1later = \2\n\1return later[0], later[1], worker_msgs",
        ),
    ),
    _fix(
        "new-tasks-fail-with-all-their-readers",
        "Of a new graph, all that depend on a failed input fail, in whichever order they come.",
        (
            "scheduler.Scheduler._create_taskstate_from_graph",
            r"for ts in touched_tasks:(\n +)for dts in ts\.dependencies:",
            r"for ts in touched_tasks * len(touched_tasks):\1for dts in ts.dependencies:",
        ),
    ),
    _fix(
        "loose-task-runs-where-a-worker-joins",
        "A task with loose restrictions runs where a worker joins that is not among them.",
        (
            "scheduler.SchedulerState.bulk_schedule_unrunnable_after_adding_worker",
            r"if valid is None or ws in valid:",
            "if valid is None or ws in valid or ts.loose_restrictions:",
        ),
    ),
    _fix(
        "copy-that-does-not-deserialise-is-fetched-again",
        "A copy that does not deserialise, or cannot be stored, is fetched again.",
        (
            "worker_state_machine.WorkerState._handle_gather_dep_failure",
            r"ts: \(.*?\n +\)\n",
            'ts: "fetch"\n',
        ),
        (
            "worker_state_machine.WorkerState._transition_to_memory",
            r"^( +)(msg = error_message\(e\)\n)",
            r'\1if ts.state == "flight":\n\1    return {ts: "fetch"}, []\n\1\2',
        ),
    ),
    _fix(
        "retry-skips-forgotten-keys",
        "A retry of a key that was forgotten meanwhile does nothing.",
        (
            "scheduler.Scheduler.stimulus_retry",
            r"^( +)seen\.add\(key\)\n +ts = self\.tasks\[key\]\n",
            r"\1ts = self.tasks.get(key)\n\1if ts is None:\n\1    continue\n\1seen.add(key)\n",
        ),
    ),
    _fix(
        "validation-of-a-retry-skips-forgotten-keys",
        "Validation does not look for keys that a retry made forgotten.",
        (
            "scheduler.Scheduler.stimulus_retry",
            r"assert not self\.tasks\[key\]\.exception_blame",
            "assert key not in self.tasks or not self.tasks[key].exception_blame",
        ),
    ),
    _fix(
        "queue-tells-tasks-of-one-key-apart",
        "The queue hands out no task that it does not have, for another of the same key.",
        (
            "collections.HeapSet.peek",
            r"if value in self\._data:",
            "if any(it is value for it in self._data):",
        ),
        (
            "collections.HeapSet.pop",
            r"if value in self\._data:",
            "if any(it is value for it in self._data):",
        ),
    ),
    _fix(
        "lost-data-is-forgotten",
        "Data without a task is forgotten with its readers when a worker says that it is gone.",
        (
            "scheduler.Scheduler.release_worker_data",
            r"\{key: \"released\"\}",
            '{key: "released" if ts.run_spec else "forgotten"}',
        ),
    ),
    _fix(
        "stealing-forgets-unknown-durations",
        "Stealing forgets a task of unknown duration when it is not to be stolen any more.",
        (
            "stealing.WorkStealing.remove_key_from_stealable",
            r"^( +)(worker, level = result)\n",
            r"\1\2\n\1unknown = self.unknown_durations.get(ts.prefix.name, set())"
            r"\n\1unknown.discard(ts)"
            r"\n\1if not unknown:"
            r"\n\1    self.unknown_durations.pop(ts.prefix.name, None)\n",
        ),
    ),
    _fix(
        "lost-input-is-not-waited-for",
        "A worker does not count as waiting for an input that was forgotten.",
        (
            "scheduler.SchedulerState._propagate_forgotten",
            r"^( +)(dts\.dependencies\.remove\(ts\))\n",
            r"\1\2\n\1if dts.processing_on and ts in dts.processing_on.needs_what:"
            r"\n\1    dts.processing_on._dec_needs_replica(ts)\n",
        ),
    ),
    _fix(
        "revived-task-needs-its-inputs",
        "A task that was cancelled before it began is not revived without its inputs.",
        (
            "worker_state_machine.WorkerState._transition_cancelled_waiting",
            r"^( +)(if ts\.previous == \"executing\":)",
            r'\1if ts.previous in ("executing", "long-running") and any('
            r"it.key not in self.data and it.key not in self.actors for it in ts.dependencies):"
            r"\n\1    return {}, [RescheduleMsg(key=ts.key, stimulus_id=stimulus_id)]\n\1\2",
        ),
    ),
    _fix(
        "copy-is-not-made-by-a-cancelled-thread",
        "A copy is fetched, not taken from a thread of the worker whose run was cancelled.",
        (
            "worker_state_machine.WorkerState._transition_resumed_memory",
            r"^( +)assert ts\.next == \"fetch\"\n",
            r'\1assert ts.next == "fetch"\n\1ts.state = "released"\n\1ts.done = False'
            r'\n\1ts.previous = ts.next = None\n\1return {ts: "fetch"}, []\n',
        ),
    ),
    _fix(
        "result-is-not-a-cancelled-copy",
        "A task is computed, not taken from a copy that was cancelled, and may be of former content.",
        (
            "worker_state_machine.WorkerState._transition_resumed_memory",
            r"^( +)assert ts\.next == \"waiting\"\n",
            r'\1assert ts.next == "waiting"\n\1ts.state = "released"\n\1ts.done = False'
            r'\n\1ts.previous = ts.next = None\n\1return {ts: "waiting"}, []\n',
        ),
    ),
    _fix(
        "lost-result-fails-with-its-input",
        "A lost result that is needed fails where one of its inputs has failed.",
        (
            "scheduler.SchedulerState._transition_memory_released",
            r"^( +)recommendations\[key\] = \"waiting\"\n(?=\n)",
            r'\1recommendations[key] = "waiting"\n    elif ts.who_wants or ts.waiters:'
            r"\n\1ts.exception_blame = next("
            r'it.exception_blame for it in ts.dependencies if it.state == "erred")'
            r'\n\1recommendations[key] = "erred"'
            r"\n\1return recommendations, client_msgs, worker_msgs  # its readers fail with it\n",
        ),
    ),
    _fix(
        "way-through-released-ends-at-its-finish",
        "On the way through released, what is recommended last counts.",
        (
            "worker_state_machine.WorkerState._transition",
            r"recs, instructions = merge_recs_instructions\(\s+\(recs, instructions\),"
            r"\s+self\._transition\(ts, finish, \*args, stimulus_id=stimulus_id\),\s+\)",
            "later = self._transition(ts, finish, *args, stimulus_id=stimulus_id)"
            "; recs, instructions = {**recs, **later[0]}, [*instructions, *later[1]]",
        ),
    ),
    _fix(
        "stolen-task-takes-its-resources-along",
        "A task that is stolen gives its resources back to the victim, and takes those of the thief.",
        (
            "stealing.WorkStealing.move_task_confirm",
            r"^( +)(victim\.remove_from_processing\(ts\))\n",
            r"\1\2\n\1self.scheduler.release_resources(ts, victim)"
            r"\n\1self.scheduler.acquire_resources(ts, thief)\n",
        ),
    ),
    _fix(
        "used-again-without-former-inputs",
        "A task that is computed with other inputs than before has no former ones.",
        (
            "worker_state_machine.WorkerState._handle_compute_task",
            r"^( +)(for dep_key, nbytes in ev\.nbytes\.items\(\):)\n",
            r"\1for it in [it for it in ts.dependencies if it.key not in ev.nbytes]:"
            r"\n\1    ts.dependencies.remove(it)"
            r"\n\1    it.dependents.discard(ts)"
            r"\n\1    it.waiters.discard(ts)"
            r"\n\1    ts.waiting_for_data.discard(it)"
            r'\n\1    if not it.dependents and it.state in ("fetch", "missing", "released"):'
            r'\n\1        recommendations[it] = "forgotten" if it.state == "released" else "released"'
            r"\n\1\2\n",
        ),
    ),
    _fix(
        "released-actor-leaves-its-worker",
        "An actor that is released before it was made does not stay among those of its worker.",
        (
            "scheduler.SchedulerState._transition_processing_released",
            r"^( +)(ws = self\._exit_processing_common\(ts\))\n",
            r"\1ts.processing_on.actors.discard(ts)\n\1\2\n",
        ),
    ),
    _fix(
        "actor-may-have-no-worker",
        "Validation lets an actor wait for a worker.",
        (
            "scheduler.SchedulerState._transition_no_worker_processing",
            r"^ +assert not ts\.actor, [^\n]+\n",
            "",
        ),
    ),
    _fix(
        "actor-is-not-queued",
        "An actor is given to a worker at once.",
        (
            "scheduler.SchedulerState.is_rootish",
            r"^( +)(tg = ts\.group)\n",
            r"\1if ts.actor:\n\1    return False\n\1\2\n",
        ),
    ),
    _fix(
        "copy-that-arrives-is-no-actor",
        "A copy that is on its way is not taken for the actor that its worker is asked to make.",
        (
            "worker_state_machine.WorkerState._handle_compute_task",
            r"if ev\.actor:",
            'if ev.actor and "flight" not in (ts.state, ts.previous):',
        ),
    ),
    _fix(
        "stolen-actor-moves",
        "An actor that is stolen leaves those of the victim, and joins those of the thief.",
        (
            "stealing.WorkStealing.move_task_confirm",
            r"^( +)(thief\.add_to_processing\(ts\))\n",
            r"\1\2\n\1if ts.actor:"
            r"\n\1    victim.actors.discard(ts)"
            r"\n\1    thief.actors.add(ts)\n",
        ),
    ),
    _fix(
        "paused-thief-is-given-nothing",
        "A task that was to be stolen by a worker that is paused by now is given to another.",
        (
            "stealing.WorkStealing.move_task_confirm",
            r"and (thief != self\.scheduler\.workers\.get\(thief\.address\))",
            r"and (\1 or thief not in self.scheduler.running)",
        ),
    ),
    _fix(
        "late-report-of-a-copy-spares-the-actor",
        "A late report of a copy takes nothing away from a worker that computes that key.",
        (
            "scheduler.Scheduler.add_keys",
            r"^( +)else:\n( +)redundant_replicas\.append\(key\)",
            r"\1elif ts is None or ts.processing_on is not ws:\n\2redundant_replicas.append(key)",
        ),
    ),
    _fix(
        "retry-leaves-what-has-not-failed",
        "A retry does nothing to a task that has not failed.",
        (
            "scheduler.Scheduler.stimulus_retry",
            r"^( +)else:\n( +)roots\.append\(key\)",
            r'\1elif ts.state == "erred":\n\2roots.append(key)',
        ),
    ),
    _fix(
        "resumed-task-is-stored-before-it-is-settled",
        "A result that cannot be stored finds what its task was before.",
        (
            "worker_state_machine.WorkerState._transition_resumed_memory",
            r"^( +)ts\.previous = None\n +ts\.next = None\n +return (self\..*\))\n",
            r'\1result = \2\n\1if ts.state == "memory":\n\1    ts.previous = ts.next = None'
            r"\n\1return result\n",
        ),
    ),
    _fix(
        "worker-is-told-of-a-task-that-fails-elsewhere",
        "A worker is told that a task fails which it is to compute.",
        (
            "scheduler.SchedulerState._transition_processing_erred",
            r"^( +)(self\._exit_processing_common\(ts\))\n",
            r"\1ws = \2\n\1if ws and worker is None:"
            r'\n\1    message = {"op": "free-keys", "keys": [key], "stimulus_id": stimulus_id}'
            r"\n\1    self.worker_send(ws.address, message)\n",
        ),
    ),
    _fix(
        "queued-reader-fails-with-its-actor",
        "Validation does not ask why a queued task fails, whose actor was lost.",
        ("scheduler.SchedulerState._transition_queued_erred", r"^ +assert cause\n", ""),
    ),
    _fix(
        "reader-without-a-worker-fails-with-its-actor",
        "Validation does not ask why a task without a worker fails, whose actor was lost.",
        (
            "scheduler.SchedulerState._transition_no_worker_erred",
            r"^ +assert not ts\.actor, [^\n]+\n +assert cause\n",
            "",
        ),
    ),
    _fix(
        "missing-key-is-fetched-from-its-new-holder",
        "A missing key is fetched as soon as somebody is said to hold it.",
        (
            "worker_state_machine.WorkerState._handle_compute_task",
            r"^( +)(self\._update_who_has\(ev\.who_has\))\n",
            r"\1\2\n\1for it in ts.dependencies:"
            r'\n\1    if it.state == "missing" and it.who_has:'
            r'\n\1        recommendations[it] = "fetch"\n',
        ),
    ),
    _fix(
        "cancelled-actor-is-not-there",
        "An actor that is cancelled while it is made is not among the actors of the worker.",
        (
            "worker_state_machine.WorkerState._transition_executing_released",
            r"^( +)(ts\.state = \"cancelled\")\n",
            r"\1self.actors.pop(ts.key, None)\n\1\2\n",
        ),
    ),
    _fix(
        "cancellation-is-told-to-its-client",
        "Cancelled keys are reported to the clients that wanted them, not to everybody.",
        (
            "scheduler.Scheduler.stimulus_cancel",
            r"^( +)self\.report\(\n(.*?\"msg\": msg,\n +\}),?\n +\)",
            r"\1for it in dict.fromkeys([client, *(cs.client_key for cs in clients)]):"
            r"\n\1    self.report(\n\2, client=it)",
        ),
    ),
    _fix(
        "notices-say-what-they-answer",
        "A notice says how many requests of its client it knows of; a client that has made a later one "
        "for the key, which the model here does, ignores it.",
        (
            "scheduler.Scheduler.update_graph",
            r"^( +)start = time\(\)\n",
            r"\1start = time()\n"
            r'\1vars(self).setdefault("requests", {}).setdefault(client, [0, 0])[0] += 1\n',
        ),
        (
            "scheduler.Scheduler.update_data",
            r"^( +)(who_has = )",
            r'\1vars(self).setdefault("requests", {}).setdefault(client, [0, 0])[1] += 1\n\1\2',
        ),
        (
            "scheduler.Scheduler.report",
            r"c\.send\(msg\)",
            'c.send({**msg, "requests": tuple(vars(self).get("requests", {}).get(k, (0, 0)))})',
        ),
        (
            "scheduler.Scheduler.send_all",
            r"c\.send\(\*msgs\)",
            'c.send(*({**it, "requests": tuple(vars(self).get("requests", {}).get(client, (0, 0)))}'
            " for it in msgs))",
        ),
        (
            "scheduler.Scheduler.remove_client",
            r"^( +)(if self\.status == Status\.running:)",
            r'\1vars(self).get("requests", {}).pop(client, None)\n\1\2',
        ),
    ),
    _fix(
        "scatter-leaves-out-workers-that-are-gone",
        "A value that was scattered to workers that are gone is cancelled.",
        (
            "scheduler.Scheduler.update_data",
            r"^( +)(logger\.debug\(\"Update data)",
            r"\1lost = [it for it in who_has if self.workers.keys().isdisjoint(who_has[it])"
            r"\n\1        and not (it in self.tasks and self.tasks[it].who_has)]"
            r"\n\1for it in lost: del who_has[it]"
            r"\n\1for them in who_has.values(): them[:] = [it for it in them if it in self.workers]"
            r"\n\1if lost and client:"
            r'\n\1    self.report({"op": "cancelled-keys", "keys": lost}, client=client)'
            r"\n\1\2",
        ),
    ),
    _fix(
        "removed-clients-keep-nothing",
        "A scatter of a client that has been removed is kept for nobody.",
        (
            "scheduler.Scheduler.update_data",
            r"^( +)if client:\n",
            r"\1if client and client not in self.clients:\n"
            r"\1    kept = [k for k in who_has if self.tasks[k].who_wants or self.tasks[k].waiters]\n"
            r'\1    gone = {k: "forgotten" for k in who_has if k not in kept}\n'
            r'\1    self.transitions(gone, "update-data")\n'
            r"\1elif client:\n",
        ),
    ),
    _fix(
        "resources-are-never-loose",
        "A task with loose restrictions runs only where its resources are.",
        (
            "scheduler.decide_worker",
            r"return decide_worker\(ts, all_workers, None, objective\)",
            "return decide_worker(ts, {ws for ws in all_workers if all("
            "ws.resources.get(name, 0) >= amount"
            " for name, amount in (ts.resource_restrictions or {}).items())}, None, objective)",
        ),
    ),
    _fix(
        "a-stolen-task-leaves-its-place-to-the-queue",
        "When a task has been stolen, the victim is given the next one of the queue.",
        (
            "stealing.WorkStealing.move_task_confirm",
            r"^( +)(self\.scheduler\.check_idle_saturated\(victim\)\n)\Z",
            r"\1\2\1self.scheduler.stimulus_queue_slots_maybe_opened(stimulus_id=stimulus_id)\n",
        ),
    ),
)

#: In the order of the cases of their defects.
FIXES: Final[Mapping[str, TrialFix]] = MappingProxyType({fix.name: fix for fix in _ALL})


@contextmanager
def called(names: Sequence[str]) -> Iterator[Collection[str]]:
    """While this lasts, the distributed of this process has the fixes of these names; gives the names.

    Raises:
        SubjectUnavailable: there is no such fix, or it does not fit the release that is installed.
    """
    installed()
    for name in names:
        if name not in FIXES and name != ALL:
            near = difflib.get_close_matches(name, FIXES, n=1)
            hint = f'did you mean "{near[0]}"?' if near else "cases name them behind fix:"
            raise SubjectUnavailable(f'unknown trial fix "{name}"; {hint}')
    chosen = [fix for fix in FIXES.values() if fix.name in names or (ALL in names and fits(fix))]
    with fixed(chosen):
        yield [fix.name for fix in chosen]
