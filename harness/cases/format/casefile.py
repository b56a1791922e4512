"""A case as text, and text as a case. The grammar is in ``regressions/README.md``."""

import shlex
from dataclasses import replace
from itertools import takewhile, zip_longest
from pathlib import Path

from workerfuzz.harness.cases.format.body import Body, format_body
from workerfuzz.harness.cases.format.case import Case, CaseError
from workerfuzz.harness.cases.format.header import CONFIG, Header, check_magic, format_header
from workerfuzz.harness.cases.format.reading import check_width, joined, read, wrapped
from workerfuzz.strategies.key_order import Cycle, ordered


def load(path: Path) -> Case:
    """The case in a file, which must be written exactly as ``format`` writes it."""
    text = read(path)
    try:
        check_line_ends(text, path)
        case = parse(text)
        check_width(text)
        check_canonical(case, text, path)
    except CaseError as error:
        raise CaseError(error.what, error.line, path) from None
    return replace(case, path=path)


def parse_leniently(text: str, path: Path) -> Case:
    """The case in a text whose form may be wrong, as far as rewriting puts that right."""
    return parse(text.replace("\r\n", "\n"), path)


def parse(text: str, path: Path | None = None) -> Case:
    """The case that a text means; raises CaseError. Spacing, order and line ends are free."""
    try:
        return _parse(text, path)
    except CaseError as error:
        raise CaseError(error.what, error.line, path) from None


def _parse(text: str, path: Path | None) -> Case:
    lines = joined(text)
    check_magic(next(lines).text)
    header = Header()
    in_header, last = True, 1
    for line in lines:
        if in_header and line.text and line.text[0] not in "#>":
            header.add(line)
            last = line.number
            continue
        if in_header:
            values = header.finish(last)
            body = Body(values["scope"])
            in_header = False
            if not line.text:
                continue
        body.add(line)
        last = line.number
    if in_header:
        values = header.finish(last)
        body = Body(values["scope"])
    scenes, closing = body.finish(last)
    try:
        ordered([scene.step for scene in scenes if scene.step is not None])
    except Cycle as error:
        raise CaseError(str(error)) from None
    return Case(**values, scenes=scenes, closing=closing, path=path)


def config_in(text: str) -> str | None:
    """The options of a case as its header has them."""
    lines = (line.text for line in takewhile(lambda line: line.text, joined(text)))
    return next((it.removeprefix(CONFIG).strip() for it in lines if it.startswith(CONFIG)), None)


def format(case: Case, config: str | None = None) -> str:
    """The one text of a case: what ``parse`` reads as an equal case.

    Args:
        config: its options, where these are not to be written in the one way.
    """
    body = list(format_body(case))
    lines = [*format_header(case, config), *([""] if body else []), *body]
    return "".join(f"{part}\n" for line in lines for part in wrapped(line))


def check_line_ends(text: str, path: Path) -> None:
    place = text.find("\r\n")
    if place >= 0:
        line = text.count("\n", 0, place) + 1
        raise CaseError(f"the line ends with CR LF, expected LF{remedy(path)}", line)


def check_canonical(case: Case, text: str, path: Path) -> None:
    """The file is what ``format`` makes of it. Says the first place where it is not.

    Options may stand in any order, and say what is the default anyway.
    """
    written = format(case, config_in(text))
    if written == text:
        return
    if written == text + "\n":
        raise CaseError(f"the last line has no end{remedy(path)}", written.count("\n"))
    lines = [one.removesuffix("\n").split("\n") for one in (written, text)]
    number, expected = next(
        (number, expected)
        for number, (expected, found) in enumerate(zip_longest(*lines), start=1)
        if expected != found
    )
    wanted = f'"{expected}"' if expected else "an empty line" if expected == "" else "nothing"
    raise CaseError(f"not in canonical form: expected {wanted}{remedy(path)}", number)


def remedy(path: Path) -> str:
    return f"; workerfuzz replay --rewrite {shlex.quote(str(path))} puts it right"
