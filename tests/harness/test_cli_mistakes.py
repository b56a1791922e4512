"""Wrong command lines get one line that says what to do next; the exit status is 2."""

import pytest

from workerfuzz.harness.cli import run_command

HELP = "; see workerfuzz"


@pytest.mark.parametrize(
    ("arguments", "begins", "ends"),
    [
        (["bogus"], "No such command 'bogus'", f"{HELP} --help"),
        (["reply"], "No such command 'reply'", "Did you mean 'replay'?"),
        (["corpus", "merg"], "No such command 'merg'", "Did you mean 'merge'?"),
        (["corpus", "foo"], "No such command 'foo'", f"{HELP} corpus --help"),
        (["--bogus"], "No such option: --bogus", f"{HELP} --help"),
        (["run", "--bogus"], "No such option: --bogus (Possible options: ", "--verbose)"),
        (["show"], "Missing argument 'CASE'", f"{HELP} show --help"),
        (["run", "--runs", "0"], "Invalid value for '--runs': ", f"{HELP} run --help"),
        (["run", "--engine", "magic"], "Invalid value for '--engine': 'magic'", "run --help"),
        (["diagram", "--of", "x"], "Invalid value for '--of': 'x'", f"{HELP} diagram --help"),
        (["subjects", "x"], "Got unexpected extra argument", f"{HELP} subjects --help"),
        (["run", "--for", "x"], "Invalid value for '--for': expected a time", 'found "x"'),
        (["run", "--peers", "2"], "Invalid value: --peers is for", "--engine explore"),
    ],
)
def test_a_mistake_gets_one_line_that_says_what_next(
    arguments: list[str], begins: str, ends: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"workerfuzz: {begins}")
    assert err.endswith(f"{ends}\n")
