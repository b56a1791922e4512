"""Cases with something of everything that can be drawn."""

from typing import Final

from workerfuzz.harness.cases.format.casefile import parse
from workerfuzz.harness.cases.swimlanes.chart import Chart
from workerfuzz.harness.cases.swimlanes.charting import chart_of
from workerfuzz.harness.subjects import get

#: Messages, transfers, threads; a death, an answer of a worker that is dead.
CLUSTER: Final = """\
workerfuzz-case 1
title: w1 dies while it sends
scope: cluster
subject: reference
config: workers=2

# c needs both.
> submit c0 a b c(a,b) want c
> deliver c0->scheduler
> deliver scheduler->w0
> deliver scheduler->w1
> succeed w1 b
> succeed w0 a
> deliver w0->scheduler
> deliver w1->scheduler
> deliver scheduler->w0
> serve w0 w1
> dies w1
> receive w0 w1
> notice w1
"""

#: A worker, its scheduler and its peers.
ALONE: Final = """\
workerfuzz-case 1
title: a transfer breaks
scope: worker
subject: reference

> compute-task y needs x@b
> gather-dep-network-failure b
"""

#: The second step cannot be taken.
IMPOSSIBLE: Final = ALONE.replace("> gather-dep-network-failure b", "> secede y")


def played(text: str, subject: str = "reference", *, tables: bool = False) -> Chart:
    return chart_of(parse(text), get(subject), tables=tables)
