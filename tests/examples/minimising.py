"""A minimiser of corpora that does its work in this process."""

from pathlib import Path

from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.shard import system
from workerfuzz.harness.engines.shrink.corpus_minimisation import Minimised, minimise
from workerfuzz.harness.worlds.scopes import SCOPES


def minimise_here(folder: Path, target: Target, /) -> Minimised:
    return minimise(folder, system(*target.system), SCOPES[target.scope])
