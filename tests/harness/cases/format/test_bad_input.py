"""Everything that can be wrong with a case, each with the line that people read."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workerfuzz.harness.cases.format import casefile, vocabulary
from workerfuzz.harness.cases.format.case import Case, CaseError
from workerfuzz.harness.cases.format.files import MOST_NBYTES, case_files
from workerfuzz.harness.cases.format.spelling import MOST_NAMES

Put = Callable[..., Path]

HEADER = "workerfuzz-case 1\ntitle: t\nscope: worker\nsubject: reference, dask\n"


def said(text: str) -> str:
    """Return the error message of parsing a text, without the path."""
    with pytest.raises(CaseError) as caught:
        casefile.parse(text, Path("some.case"))
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix("some.case")


def said_of(path: Path) -> str:
    """Return the error message of loading a file, without the path."""
    with pytest.raises(CaseError) as caught:
        casefile.load(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("hello\n", ':1: not a case; the first line of a case is "workerfuzz-case 1"'),
        ("\n", ':1: not a case; the first line of a case is "workerfuzz-case 1"'),
        (
            "workerfuzz-case 2\ntitle: t\n",
            ":1: format 2 is newer than this workerfuzz understands, which is 1",
        ),
        ("workerfuzz-case 0\n", ":1: there is no format 0; expected workerfuzz-case 1"),
        (
            "workerfuzz-case one\n",
            ':1: not a case; the first line of a case is "workerfuzz-case 1"',
        ),
        ("workerfuzz-case 1\n", ':1: the header has no "title:"'),
        ("workerfuzz-case 1\ntitle: t\n\n> pause\n", ':2: the header has no "scope:"'),
        ("workerfuzz-case 1\ntitle: t\nscope: worker\n", ':3: the header has no "subject:"'),
        ("workerfuzz-case 1\ntitle:\n", ':2: "title:" says nothing'),
        ("workerfuzz-case 1\ntitle: t\ntitle: t\n", ':3: "title:" comes twice'),
        ("workerfuzz-case 1\ntilte: t\n", ':2: unknown header "tilte"; did you mean "title"?'),
        (
            "workerfuzz-case 1\nqqq: t\n",
            ':2: unknown header "qqq"; one of title, scope, subject, breaks, signature, fix, '
            "config, found, note",
        ),
        (
            "workerfuzz-case 1\npause\n",
            ':2: expected "name: value" in the header, found "pause"; '
            "an empty line comes before the steps",
        ),
        (
            "workerfuzz-case 1\nscope: workers\n",
            ':2: unknown scope "workers"; did you mean "worker"?',
        ),
        (
            "workerfuzz-case 1\nsubject: referense\n",
            ':2: unknown subject "referense"; did you mean "reference"?',
        ),
        ("workerfuzz-case 1\nsubject: dask, dask\n", ':2: "dask" comes twice'),
    ],
)
def test_header_says(header: str, message: str) -> None:
    assert said(header) == message


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "breaks: no_handler_raises",
            ':5: expected PROPERTY on SUBJECT SPECIFIER, found "no_handler_raises"',
        ),
        (
            "breaks: no_handler_rises on dask <2026",
            ':5: unknown property "no_handler_rises"; did you mean "no_handler_raises"?',
        ),
        (
            "breaks: no_handler_raises on dusk",
            ':5: unknown subject "dusk"; did you mean "dask"?',
        ),
        (
            "breaks: no_handler_raises on dask until now",
            ':5: expected versions like ">=2022.8.0,<2026.9", found "untilnow"',
        ),
        (
            "breaks: no_handler_raises on dask <1\nbreaks: no_handler_raises on dask <1",
            ':6: "breaks: no_handler_raises on dask <1" comes twice',
        ),
        (
            "config: nthread=2",
            ':5: "nthread" would be a resource; did you mean "nthreads"?',
        ),
        ("config: nthreads=0", ":5: nthreads is at least 1, not 0"),
        ("config: nthreads=two", ':5: nthreads must be a whole number, not "two"'),
        ("config: nthreads", ':5: expected name=value, found "nthreads"'),
        ("config: cpu=1 cpu=2", ':5: "cpu" comes twice'),
        ("config: cpu=-1", ':5: resource cpu must be a positive amount, not "-1"'),
        ("config: cpu=0", ':5: resource cpu must be a positive amount, not "0"'),
        ("config: cpu=nan", ':5: resource cpu must be a positive amount, not "nan"'),
    ],
)
def test_more_of_the_header_says(line: str, message: str) -> None:
    assert said(f"{HEADER}{line}\n\n> pause\n") == message


def test_a_long_list_of_names_is_cut() -> None:
    message = said(f"{HEADER}breaks: qqq on dask\n\n> pause\n")
    more = len(vocabulary.properties()) - MOST_NAMES
    assert message.startswith(':5: unknown property "qqq"; one of ')
    assert message.endswith(f" and {more} more")


def test_breaks_is_about_a_subject_of_the_case() -> None:
    header = HEADER.replace(", dask", "")
    assert said(f"{header}breaks: no_handler_raises on dask\n\n> pause\n") == (
        ':5: "breaks:" is about dask, which "subject:" does not list'
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", ':4: expected a step: "> compute-task x", for one'),
        ("# only words\n", ':6: expected a step: "> compute-task x", for one'),
        (
            "> gather-dep-sucess b\n",
            ':6: unknown step "gather-dep-sucess"; did you mean "gather-dep-success"?',
        ),
        (
            "> steal-request x y\n",
            ":6: expected 1 argument, found 2; usage: steal-request KEY",
        ),
        (
            "> compute-task x priority=high\n",
            ':6: priority must be a whole number, not "high"; usage: compute-task KEY [actor] '
            "[spec=N] [priority=N] [RESOURCE=N...] [needs KEY[:NBYTES][@PEER,PEER]...]",
        ),
        (
            "x: - -> waiting\n",
            ':6: expected a step, found "x: - -> waiting"; what follows from a step stands '
            "directly below it, remarks above it",
        ),
        (
            "> pause\n# why\nx: - -> waiting\n",
            ':8: expected a step, found "x: - -> waiting"; what follows from a step stands '
            "directly below it, remarks above it",
        ),
        (
            "> pause\nx waits\n",
            ':7: expected "# comment", "> step", "key: before -> after", "! instruction" or '
            '"~ property", found "x waits"',
        ),
        ("> pause\nx: - -> wating\n", ':7: unknown state "wating"; did you mean "waiting"?'),
        ("> pause\nx y: - -> memory\n", ':7: expected a key, found "x y"'),
        ("> pause\nx: memory -> memory\n", ":7: x does not change; leave the line out"),
        ("> pause\nx: - -> fetch\nx: fetch -> flight\n", ':8: "x" comes twice'),
        (
            "> pause\n! gather-deep b x\n",
            ':7: unknown instruction "gather-deep"; did you mean "gather-dep"?',
        ),
        ("> pause\n!\n", ':7: unknown instruction ""; one of execute, gather-dep, '
         "retry-busy-worker-later, task-finished, task-erred, add-keys, release-worker-data, "
         "long-running, reschedule, request-refresh-who-has, steal-response"),
        (
            "> pause\n~ no_handler_rises\n",
            ':7: unknown property "no_handler_rises"; did you mean "no_handler_raises"?',
        ),
        (
            "> pause\n~ no_handler_raises\n> unpause\n",
            ':8: "~ no_handler_raises" ended the run; no step comes after it',
        ),
        (
            "> pause\n~ no_handler_raises\nx: - -> memory\n",
            ':8: "~ no_handler_raises" ended the run; nothing follows',
        ),
        (
            "> rest\n",
            ':6: expected "~ PROPERTY" below rest; every replay ends at rest anyway',
        ),
        ("> rest\n! execute x run=1\n", ':7: only "~ PROPERTY" may follow rest'),
        ("> rest\n~ coming_to_rest_ends\n> pause\n", ":8: nothing comes after rest"),
        (
            "    > pause\n",
            ":6: an indented line goes on with the one above: nothing",
        ),
        ("# a\n    b\n> pause\n", ":7: an indented line goes on with the one above: a comment"),
        ("> pause\x1b[2J\n", ":6: character U+001B in column 8"),
        (
            "> free-keys " + "x" * 93 + "\n",
            ":6: a word of 93 columns; a line has at most 96, and words are not split",
        ),
        (
            "> compute-task x needs y\n> compute-task y needs x\n",
            ": keys depend on each other: x -> y -> x",
        ),
    ],
)  # fmt: skip
def test_body_says(body: str, message: str) -> None:
    assert said(f"{HEADER}\n{body}") == message


FOUND = "found: hypothesis, 2026-11-23; 23 steps shrunk to 2"


@pytest.mark.parametrize(
    ("change", "place", "expected"),
    [
        (("> comp", ">  comp"), ":8", '"> compute-task y needs x@b z@a"'),
        (("y: - -> waiting\nz: -", "z: - -> flight\ny: -"), ":10", '"y: - -> flight"'),
        ((FOUND, f"{FOUND}\nscope: worker"), ":3", '"scope: worker"'),
        (("\n\n# y", "\n# y"), ":6", "an empty line"),
        (("missing\n", "missing\n\n"), ":18", "nothing"),
        (("found:", "config:  nthreads=1\nfound:"), ":5", '"config: nthreads=1"'),
    ],
)  # fmt: skip
def test_a_file_in_another_form_says_where(
    put: Put, text: str, change: tuple[str, str], place: str, expected: str
) -> None:
    assert change[0] in text
    changed = text.replace(*change)
    if changed.count("scope:") == 2:
        changed = changed.replace("scope: worker\n", "", 1)
    path = put(changed)
    assert said_of(path) == (
        f"{place}: not in canonical form: expected {expected}; "
        f"workerfuzz replay --rewrite {path} puts it right"
    )


def test_a_last_line_without_end_says_so(put: Put, text: str) -> None:
    path = put(text.rstrip("\n"))
    assert said_of(path).startswith(":17: the last line has no end; workerfuzz replay --rewrite ")


def test_cr_lf_says_so(put: Put, text: str) -> None:
    path = put(text.replace("\n", "\r\n"), "with space.case")
    assert said_of(path) == (
        ":1: the line ends with CR LF, expected LF; "
        f"workerfuzz replay --rewrite {shlex.quote(str(path))} puts it right"
    )


def test_a_line_that_is_too_long_says_so(put: Put, text: str) -> None:
    path = put(text.replace("23 steps", "twenty-three " * 7 + "steps"))
    assert said_of(path) == (
        ":5: 139 columns, at most 96 are allowed; go on in the next line, indented by four spaces"
    )


def test_an_empty_file_says_so(put: Put) -> None:
    assert said_of(put("")) == ": the file is empty"


def test_a_binary_says_so(put: Put) -> None:
    path = put("")
    path.write_bytes(b"\x7fELF\x02\x01\x01\x00\x00")
    assert said_of(path) == ": a binary file; a case is text"


def test_other_encodings_say_so(put: Put) -> None:
    path = put("")
    path.write_bytes(b"workerfuzz-case 1\ntitle: gr\xfc\xdfe\n")
    assert said_of(path) == ":2: not UTF-8: byte 0xfc cannot stand there"


def test_a_byte_order_mark_says_so(put: Put, text: str) -> None:
    assert said_of(put("\ufeff" + text)) == (
        ":1: starts with a byte order mark; expected plain UTF-8"
    )


def test_a_huge_file_is_not_read(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put("workerfuzz-case 1\n")
    os.truncate(path, 100_000_000)
    monkeypatch.delattr(os, "fdopen")  # what would read it
    with pytest.raises(CaseError) as caught:
        casefile.load(path)
    assert str(caught.value) == f"{path}: 100,000,000 bytes; a case has at most {MOST_NBYTES:,}"


def test_a_folder_says_so(tmp_path: Path) -> None:
    assert said_of(tmp_path) == ": a directory; expected a file"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.case")
    assert said_of(tmp_path / "pipe.case") == ": not a regular file"


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    assert said_of(tmp_path / "gone.case") == ": no such file or directory"


def test_a_circle_of_links_says_so(tmp_path: Path) -> None:
    path = tmp_path / "round.case"
    path.symlink_to(path)
    assert said_of(path).startswith(": too many levels of symbolic links")


def test_a_forbidden_file_says_so(put: Put, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(text)
    monkeypatch.setattr(os, "open", refuse_to_open)  # root may read what is forbidden
    assert said_of(path) == ": permission denied"


def refuse_to_open(path: Path, flags: int) -> int:
    raise PermissionError(13, "Permission denied", str(path))


def test_a_folder_without_cases_says_so(tmp_path: Path) -> None:
    with pytest.raises(CaseError) as caught:
        list(case_files([tmp_path]))
    assert str(caught.value) == f"{tmp_path}: no *.case file is in this folder"


def test_a_forbidden_folder_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "scandir", refuse_to_list)
    with pytest.raises(CaseError) as caught:
        list(case_files([tmp_path]))
    assert str(caught.value) == f"{tmp_path}: permission denied"


def refuse_to_list(path: str) -> None:
    raise PermissionError(13, "Permission denied", str(path))


def test_folders_are_searched_in_order(tmp_path: Path) -> None:
    for name in ("b.case", "a/z.case", "a/a.case", ".hidden/x.case", "a/notes.txt", "c.case"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    found = [
        str(path.relative_to(tmp_path)) for path in case_files([tmp_path / "c.case", tmp_path])
    ]
    assert found == ["c.case", "a/a.case", "a/z.case", "b.case"]


LINES = st.sampled_from([
    "workerfuzz-case 1", "title: t", "scope: worker", "subject: reference", "breaks: x on dask",
    "config: cpu=1", "note: n", "", "# c", "> pause", "> rest", ">", "!", "~", "x: - -> memory",
    "! execute x run=1", "~ no_handler_raises", "    more", "> compute-task x needs y", ":", "x:",
])  # fmt: skip


def read(text: str) -> Case | CaseError:
    try:
        return casefile.parse(text)
    except CaseError as error:
        return error


def is_read_or_refused(text: str) -> None:
    case = read(text)
    if isinstance(case, CaseError):
        assert "\n" not in str(case)
        return
    again = casefile.format(case)
    assert casefile.format(casefile.parse(again)) == again


@given(st.lists(LINES | st.text(max_size=20), max_size=12))
def test_any_text_is_a_case_or_an_error(lines: list[str]) -> None:
    is_read_or_refused("workerfuzz-case 1\n" + "\n".join(lines))


@given(st.lists(LINES, max_size=8), st.lists(LINES, max_size=4))
def test_any_body_is_a_case_or_an_error(body: list[str], more: list[str]) -> None:
    is_read_or_refused("\n".join((HEADER, *body, "> pause", *more)))
