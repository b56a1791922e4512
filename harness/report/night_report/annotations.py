"""New findings as annotations on their case files, as GitHub reads them from what a step prints."""

from collections.abc import Iterator

from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.report.finding_text import harm_and_what
from workerfuzz.harness.report.night_report.night_report import NightReport


def annotations(night_report: NightReport) -> Iterator[str]:
    """A line for each new finding, the most harmful first; and one for each other reason to be red."""
    for finding in night_report.new:
        yield annotation(finding, night_report.path_of(finding))
    for phase in night_report.night.phases:
        for why in phase.red:
            if phase.name != "fuzz" or not night_report.new:
                yield f"::error title={attribute(f'workerfuzz: {phase.name}')}::{message(why)}"


def annotation(finding: Finding, path: str) -> str:
    """``::error file=findings/x.case,line=1,title=...::...``."""
    attributes = [f"file={attribute(path)}", "line=1"] if path else []
    attributes.append(f"title={attribute(f'workerfuzz: {finding.signature[0]}')}")
    lines = f"{harm_and_what(finding)}\n{finding.sentence}\n{finding.case.text}".rstrip("\n")
    return f"::error {','.join(attributes)}::{message(lines)}"


def message(text: str) -> str:
    """As much text as there is, on one line."""
    for letter, name in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        text = text.replace(letter, name)
    return text


def attribute(text: str) -> str:
    """The same where a comma or a colon would end it."""
    return message(text).replace(":", "%3A").replace(",", "%2C")
