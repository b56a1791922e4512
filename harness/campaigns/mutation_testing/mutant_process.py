"""A process in which one mutant is fuzzed: ``python -m`` of this module.

It reads a request from standard input, plants the mutant, and only then imports what fuzzes: so this
module, and all that it imports at its top, need nothing but the standard library. The answer on standard
output is a line as in ``executors.protocol``. Whatever a subject prints goes to standard error.
"""

import dataclasses
import faulthandler
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Final

from workerfuzz.harness.campaigns.executors.resource_limits import (
    TOO_LONG,
    end_with,
    leave_no_core,
    limit_cpu,
    limit_memory,
)
from workerfuzz.harness.campaigns.mutation_testing.line_trace import LineTrace
from workerfuzz.harness.campaigns.mutation_testing.mutant import TARGETS, NoSource, modules_of
from workerfuzz.harness.campaigns.mutation_testing.planting import NoSuchMutant, plant
from workerfuzz.harness.campaigns.mutation_testing.request import (
    CaughtBy,
    SearchRequest,
    SearchResult,
)

#: Seconds of CPU that a process may take beside its budget: imports, and the end of the last run.
BESIDE_S: Final = 15.0

#: The same where the budget is in steps.
BY_STEPS_S: Final = 60.0

#: Bytes that a process may take beside what it takes at its beginning.
MEMORY_NBYTES: Final = 4 << 30


def answer(request: SearchRequest) -> SearchResult:
    """Plant the mutant of a request, and fuzz. Raises NoSuchMutant, NoSource."""
    target = TARGETS[request.target]
    if request.mutant:
        plant(target, request.module, request.mutant)
    trace = LineTrace({str(path): module for module, path in modules_of(target)})
    if request.traces:
        trace.begin()
    try:
        from workerfuzz.harness.campaigns.mutation_testing.search import search
        from workerfuzz.harness.subjects import get_cluster

        get_cluster(request.subject).version()  # loads what the subject needs
    except (Exception, SystemExit) as error:
        if not request.mutant:
            raise
        return SearchResult(caught_by=CaughtBy.IMPORT, counterexample=described(error))
    result = SearchResult()
    try:
        search(request, result)
    except Exception as error:
        if not request.mutant:
            raise
        result.caught_by, result.counterexample = CaughtBy.CRASH, described(error)
    result.lines = trace.lines()
    return result


def described(error: BaseException) -> str:
    """An exception that came out of the world, or of an import, in a line."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text} ({Path(frame.filename).name}:{frame.lineno})"


def main() -> None:
    """Answer the request on standard input."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    line = json.loads(sys.stdin.buffer.readline())
    end_with(line["parent"])
    leave_no_core()
    request = SearchRequest(**line["request"])
    limit_memory(MEMORY_NBYTES)
    limit_cpu((request.cpu_s or BY_STEPS_S) + BESIDE_S)
    faulthandler.enable(all_threads=False)
    for number in TOO_LONG:
        faulthandler.register(number, all_threads=False, chain=True)
    try:
        reply = {"type": "RequestDone", "result": dataclasses.asdict(answer(request))}
    except (NoSuchMutant, NoSource) as error:
        reply = {"type": "RequestRefused", "reason": str(error)}
    except BaseException as error:  # noqa: BLE001 - told to the other process, which decides
        traceback.print_exc()
        reply = {"type": "HarnessFailed", "description": f"{type(error).__name__}: {error}"}
    with answers:
        answers.write(json.dumps({"reply": reply}).encode() + b"\n")


if __name__ == "__main__":
    main()
