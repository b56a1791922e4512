"""Commands that list what there is."""

import typer

app = typer.Typer()


@app.command()
def subjects() -> None:
    """List the systems that can be fuzzed, with their versions."""
    from workerfuzz.harness.report.terminal import show_pairs
    from workerfuzz.harness.subjects import names

    show_pairs((name, version_of(name)) for name in names())


@app.command()
def properties() -> None:
    """List what is checked, by name and in words."""
    from workerfuzz.harness.cases.format import vocabulary
    from workerfuzz.harness.report.terminal import show_properties

    show_properties(vocabulary.properties().values())


def version_of(name: str) -> str:
    """Release of a subject, or why there is none here."""
    from workerfuzz.harness.subjects import get
    from workerfuzz.harness.subjects.protocol import SubjectUnavailable

    try:
        return get(name).version()
    except SubjectUnavailable as error:
        return str(error)
