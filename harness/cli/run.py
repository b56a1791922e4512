"""Commands that fuzz."""

import enum
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from workerfuzz.harness.cli.options import (
    REFERENCE,
    AllowOption,
    BudgetOption,
    ClusterOption,
    CorpusOption,
    CpuOption,
    DepthOption,
    DistinctOption,
    EngineName,
    FixedOption,
    ForOption,
    FrontierOption,
    FullOption,
    JobsOption,
    KeysOption,
    MemoryOption,
    NoKnownOption,
    OutOption,
    PeersOption,
    PythonOption,
    QuietOption,
    RunsOption,
    ScopeChoice,
    SeedOption,
    SubjectOption,
    Tactic,
    TacticOption,
    UniverseOption,
    VerboseOption,
    WorkersOption,
    fresh_seed,
)

app = typer.Typer()


class Profile(enum.StrEnum):
    """Amount of work where nothing else limits it."""

    QUICK = "quick"
    DEEP = "deep"


#: Wall time of a campaign for which no budget is given, in seconds.
DEFAULT_S: Final = 20.0

#: Engine of each scope.
DEFAULTS: Final[Mapping[ScopeChoice, EngineName]] = {
    ScopeChoice.WORKER: EngineName.HYPOTHESIS,
    ScopeChoice.CLUSTER: EngineName.WALK,
    ScopeChoice.PROCESS: EngineName.WALK,
}


ProfileOption = Annotated[
    Profile, typer.Option(help="deep: 40,000 runs, which must reach everything.")
]

ChosenEngineOption = Annotated[
    EngineName | None,
    typer.Option(help="What chooses the steps; else hypothesis for a worker, walk for others."),
]


@app.command()
def run(  # noqa: PLR0917 - options of a command are never given by position
    subject: SubjectOption = REFERENCE,
    scope: Annotated[
        ScopeChoice, typer.Option(help="One worker, a whole cluster, or whole processes.")
    ] = ScopeChoice.WORKER,
    engine: ChosenEngineOption = None,
    for_s: ForOption = None,
    cpu_s: CpuOption = None,
    runs: RunsOption = None,
    seed: SeedOption = None,
    profile: ProfileOption = Profile.QUICK,
    workers: WorkersOption = None,
    no_known: NoKnownOption = False,
    fixed: FixedOption = None,
    corpus: CorpusOption = None,
    tactic: TacticOption = None,
    out: OutOption = Path("regressions"),
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    jobs: JobsOption = None,
    cluster: ClusterOption = None,
    python: PythonOption = None,
    memory: MemoryOption = None,
    keys: KeysOption = None,
    peers: PeersOption = None,
    depth: DepthOption = None,
    allow: AllowOption = None,
    distinct: DistinctOption = False,
    universe: UniverseOption = None,
    universes: BudgetOption = None,
    full: FullOption = False,
    frontier: FrontierOption = None,
) -> None:
    """Fuzz: let everything happen that can happen, and write each failure as a case.

    Without --for, --cpu or --runs it takes 20 seconds. The reference is fuzzed in this process; other
    systems, and all with --jobs, in processes of their own, so that a crash ends only one of them.
    """
    from workerfuzz.harness.campaigns.plan.budget import Budget
    from workerfuzz.harness.campaigns.plan.plan import Plan
    from workerfuzz.harness.cli.execution import ExecutorOptions, finish, fuzz, open_campaign
    from workerfuzz.harness.cli.explore_options import ExploreOptions

    chosen = engine_of(scope, engine, corpus, tactic)
    budget = Budget(for_s, cpu_s, runs, profile.value)
    needs_limit = profile is Profile.QUICK and chosen is not EngineName.EXPLORE
    if needs_limit and not (budget.runs or budget.is_timed):
        budget = replace(budget, seconds=DEFAULT_S)
    plan = Plan(
        subject=subject,
        scope=scope.value,
        engine=chosen.value,
        seed=fresh_seed() if seed is None else seed,
        budget=budget,
        workers=workers,
        known=not no_known,
        fixed=tuple(fixed or ()),
        tactic=tactic.value if tactic is not None else "",
        corpus=str(corpus) if corpus is not None else "",
    )
    chosen_space = (keys, peers, depth, allow, distinct, universe, universes, full, frontier)
    plan = ExploreOptions(*chosen_space).planned(plan)
    with open_campaign(plan, out, ExecutorOptions(jobs, python, memory, cluster)) as campaign:
        finish(fuzz(campaign, quiet), verbose=verbose)


def engine_of(
    scope: ScopeChoice, engine: EngineName | None, corpus: Path | None, tactic: Tactic | None
) -> EngineName:
    """Return the engine that was given, or the one that the other options need. Raises BadParameter."""
    from workerfuzz.harness.engines.walk.tactics import DRAWN
    from workerfuzz.harness.engines.walk.walker import EXTRA

    given = {"--corpus": corpus, "--tactic": tactic}
    options = [name for name, value in given.items() if value is not None]
    if options and engine not in {None, EngineName.WALK}:
        raise typer.BadParameter(f"{' and '.join(options)}: that is for --engine walk alone")
    if scope is ScopeChoice.PROCESS and engine not in {None, EngineName.WALK}:
        raise typer.BadParameter(f"--engine {engine}: processes are fuzzed by walk alone")
    tactics = dict.fromkeys((*DRAWN[scope], *EXTRA[scope]))
    if tactic is not None and tactic not in tactics:
        raise typer.BadParameter(f"--tactic {tactic}: for a {scope} there are {', '.join(tactics)}")
    return engine or (EngineName.WALK if options else DEFAULTS[scope])
