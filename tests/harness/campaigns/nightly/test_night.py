"""A night is red if one of its phases is, and tells each bug once."""

from itertools import permutations

from examples.accounts import met as found

from workerfuzz.harness.campaigns.nightly.night import Night, Phase
from workerfuzz.harness.engines.findings.finding import Finding, merge_findings


def met(name: str, times: int, after: int, **overrides: str) -> Finding:
    return found(name, occurrences=times, length=after, **overrides)


def test_a_night_is_red_if_one_of_its_phases_is() -> None:
    night = Night(1, "2026-11-25T00:00:00+00:00", phases=[Phase("replay"), Phase("canary")])
    assert night.red == []
    night.phases[1].red.append("the planted bug was not found")
    assert night.red == ["canary: the planted bug was not found"]


def test_each_bug_is_told_once_with_its_shortest_case() -> None:
    shards = (
        ("x", 3, 9, {"case": "long"}),
        ("x", 2, 4, {"case": "short"}),
        ("x", 1, 0, {}),
        ("y", 1, 5, {"severity": "WAITS", "case": "y"}),
        ("z", 7, 0, {"known": "an old one"}),
    )
    for order in permutations(shards):
        merged = merge_findings(
            met(name, times, after, **options) for name, times, after, options in order
        )
        told = [
            (finding.signature[0], finding.occurrences, finding.case.text) for finding in merged
        ]
        assert told == [("x", 6, "short"), ("y", 1, "y"), ("z", 7, "")]
