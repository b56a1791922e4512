"""Text of the steps of processes."""

import pytest

from workerfuzz.strategies.process import BY_WORD, PROCESS_STEPS
from workerfuzz.strategies.text import BadText
from workerfuzz.strategies.worker import parse

LINES = (
    "submit c0 a b(a)[retries=1] want b",
    "release c0 a b",
    "cancel c0 a [force]",
    "retry c0 a",
    "gather c0 a b",
    "scatter c0 a@w0",
    "deliver c0>scheduler.1",
    "deliver scheduler<w0-2.13",
    "flow",
    "tick",
    "succeed w0 a",
    "fail w0 a",
    "reschedule w0 a",
    "dies w0",
    "close w0",
    "close-gracefully w0",
    "join w3",
    "cut w1>w0.1",
    "broadcast c0 a",
    "replicate-keys c0 a b",
    "rebalance c0",
    "publish c0 a",
    "unpublish c0 a",
    "retire-workers c0 w1",
    "restart c0",
    "lock c0",
    "unlock c0",
    "leave c0",
    "enter c0",
    "until w0.heartbeat",
    "spoil w0 a",
    "unserialisable w0 a",
    "pause w0",
    "unpause w0",
    "join-as w2 w0",
)


@pytest.mark.parametrize("line", LINES)
def test_text_is_read_as_it_is_written(line: str) -> None:
    assert str(parse(line, BY_WORD)) == line


def test_every_kind_is_among_the_examples() -> None:
    assert {line.split()[0] for line in LINES} == {kind.word for kind in PROCESS_STEPS}


@pytest.mark.parametrize(
    "line",
    ["deliver c0->scheduler", "deliver c0>scheduler", "cut w0", "flow w0", "tick 3", "until w0"],
)
def test_other_text_is_refused(line: str) -> None:
    with pytest.raises(BadText, match=r"usage|expected"):
        parse(line, BY_WORD)


def test_participants_are_renamed_in_pipes() -> None:
    step = parse("deliver scheduler<w3.2", BY_WORD)
    assert step.peers() == ("scheduler", "w3")
    assert str(step.renamed({"w3": "w1"})) == "deliver scheduler<w1.2"
    timer = parse("until w3-2.heartbeat", BY_WORD)
    assert timer.peers() == ("w3",)
    assert str(parse("until w3.heartbeat", BY_WORD).renamed({"w3": "w1"})) == "until w1.heartbeat"
