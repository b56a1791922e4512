"""Progress: seen on a terminal alone, and gone when it is over."""

import io

import pytest
from rich.console import Console

from workerfuzz.harness.report.live.progress import progress_bar, track


def terminal() -> Console:
    return Console(force_terminal=True, width=70, file=io.StringIO(), _environ={"TERM": "xterm"})


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_items_come_as_they_are() -> None:
    assert list(track("abc", "reading", 3, console=terminal())) == ["a", "b", "c"]


def test_a_terminal_shows_what_is_done_and_how_far_it_is() -> None:
    console = terminal()
    with progress_bar(console=console) as tell:
        tell("planting [bold]a bug", 2, 5)
    text = shown(console)
    assert "planting [bold]a bug" in text
    assert "2/5" in text
    assert text.endswith("\x1b[2K")  # it is taken away


def test_where_nobody_knows_how_many_there_are_they_are_counted() -> None:
    console = terminal()
    assert len(list(track(iter("abc"), "shrinking", console=console))) == 3
    assert "3/?" in shown(console)


@pytest.mark.parametrize("quiet", [True, False])
def test_nothing_is_shown_to_nobody(quiet: bool) -> None:
    console = terminal() if quiet else Console(file=io.StringIO())
    assert list(track("ab", "reading", 2, quiet=quiet, console=console)) == ["a", "b"]
    assert shown(console) == ""


def test_a_terminal_that_can_do_nothing_is_left_alone() -> None:
    console = Console(force_terminal=True, file=io.StringIO(), _environ={"TERM": "dumb"})
    assert list(track("ab", "reading", 2, console=console)) == ["a", "b"]
    assert shown(console) == ""


def test_what_goes_wrong_comes_through() -> None:
    console = terminal()
    with pytest.raises(KeyError), progress_bar(console=console):
        raise KeyError("x")
    assert shown(console).endswith("\x1b[2K")
