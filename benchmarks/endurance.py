"""Memory of a long campaign, in a process of its own, and its corpus: does either grow without end?"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from aims import Aim, Said
from bareloops import Counted
from timing import table

from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.shard import Shard, fill, system

#: Looks at a campaign, evenly spread over its time.
LOOKS: Final = 12

#: A process is to stay below so many MiB.
MOST_MIB: Final = 300

#: In the second half the memory may grow by this share, and count as flat.
FLAT: Final = 0.1


def peak_kib() -> int:
    """Peak memory of this process in KiB. Where there is /proc, without that of its parent."""
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1])
    unit = 1024 if sys.platform == "darwin" else 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit


@dataclass(frozen=True, slots=True)
class Look:
    """At a campaign that goes on.

    Attributes:
        seconds: since it began.
        peak_kib: the most memory that its process ever had, in KiB.
        stems: in its corpus.
    """

    seconds: float
    runs: int
    steps: int
    peak_kib: int
    entries: int


@dataclass(slots=True)
class Watched(Counted):
    """Is looked at now and then."""

    every_s: float = 1.0
    looks: list[Look] = field(default_factory=list)

    def spent(self) -> bool:
        seconds = time.monotonic() - self.began
        if seconds >= self.every_s * (len(self.looks) + 1):
            self.looks.append(self.look(seconds))
        return Shard.spent(self)

    def look(self, seconds: float) -> Look:
        steps = sum(tally.steps for tally in self.spent_on.values())
        entries = self.result.corpus_size + self.result.corpus_added
        return Look(round(seconds, 2), self.runs, steps, peak_kib(), entries)


def campaign(name: str, scope: str, seconds: float, folder: str) -> list[Look]:
    """One campaign of the walk in this process, with a corpus in a folder."""
    plan = Plan(
        subject=name, scope=scope, budget=Budget(seconds=seconds), known=False, corpus=folder
    )
    shard = Watched(plan, system(name, scope), every_s=seconds / LOOKS)
    fill(shard)
    shard.looks.append(shard.look(time.monotonic() - shard.began))
    return shard.looks


def endurance(name: str, scope: str, minutes: float) -> Iterator[Said]:
    """A campaign in a process of its own: what it took, and what its corpus came to."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, name, scope, str(60 * minutes), folder]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        looks = [Look(**item) for item in json.loads(done.stdout)]
        sizes = [path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()]
    yield f"\n{name}, {scope}: a campaign of {minutes:g} minutes"
    yield table(("seconds", "runs", "steps", "peak MiB", "stems"), [*map(cells, looks)])
    yield from judged(f"{name}, {scope}, {minutes:g} min", looks)
    kib = sum(sizes) / 1024
    yield Aim(
        f"{name}, {scope}, {minutes:g} min: corpus",
        "",
        f"{looks[-1].entries} entries, {kib:.0f} KiB",
    )


def cells(look: Look) -> tuple[str, ...]:
    return (
        f"{look.seconds:.0f}",
        f"{look.runs:,}",
        f"{look.steps:,}",
        f"{mib(look):.0f}",
        f"{look.entries}",
    )


def judged(what: str, looks: Sequence[Look]) -> Iterator[Aim]:
    """Peak memory, and its growth in the second half."""
    last, half = looks[-1], looks[(len(looks) - 1) // 2]
    yield Aim(
        f"{what}: peak memory",
        f"below {MOST_MIB} MiB",
        f"{mib(last):.0f} MiB",
        mib(last) < MOST_MIB,
    )
    more = last.peak_kib / half.peak_kib - 1
    yield Aim(
        f"{what}: more memory in the second half",
        f"at most {FLAT:.0%}",
        f"{more:.1%}",
        more <= FLAT,
    )


def mib(look: Look) -> float:
    return look.peak_kib / 1024


if __name__ == "__main__":
    found = campaign(sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4])
    print(json.dumps([asdict(look) for look in found]))
