"""Execution of mutation testing of a command: results as they come, the score, the exit status."""

from pathlib import Path

import typer

from workerfuzz.harness.campaigns.executors.worker_client import NoReply
from workerfuzz.harness.campaigns.mutation_testing.campaign import (
    MutantResult,
    MutationPlan,
    MutationScore,
    measure_target,
)
from workerfuzz.harness.campaigns.mutation_testing.equivalent import equivalent_ids
from workerfuzz.harness.campaigns.mutation_testing.mutant import NoSource
from workerfuzz.harness.campaigns.plan.wire import to_json
from workerfuzz.harness.cli.options import ExitStatus, complain
from workerfuzz.harness.report.live.progress import progress_bar
from workerfuzz.harness.report.mutation_score import result_line, summary_lines


def measure_generated(plan: MutationPlan, *, jobs: int, json: Path | None, quiet: bool) -> None:
    """Measure generated mutants, and end with the exit status."""
    score = MutationScore(plan=plan)
    try:
        with progress_bar(quiet=quiet) as show:

            def tell(result: MutantResult, done: int, total: int) -> None:
                if not quiet:
                    typer.echo(result_line(result))
                show("fuzzing mutants", done, total)

            show("fuzzing the healthy code", 0, None)
            equivalent = equivalent_ids(plan.target)
            measure_target(plan, equivalent=equivalent, jobs=jobs, tell=tell, score=score)
    except (NoSource, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
    except NoReply as error:
        complain(f"the healthy code of {plan.target} could not be fuzzed: {error}")
        raise typer.Exit(ExitStatus.FAULT) from None
    finally:
        if score.results or not score.is_healthy:
            for line in summary_lines(score):
                typer.echo(line)
            if json is not None:
                json.write_bytes(to_json(score) + b"\n")
    raise typer.Exit(ExitStatus.FINE if score.is_right else ExitStatus.BROKEN)
