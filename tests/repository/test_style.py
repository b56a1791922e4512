"""Style of the code, as far as a program can tell; ruff and mypy check the rest."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

FILE_LINES = 650  # a file is one concept, in 60 lines or in 600
FUNCTION_LINES = 60  # one thought, without the docstring
NAMES_NOTHING = {"common", "core", "helpers", "manager", "misc", "utils"}
PRONOUNS = {"it", "its"}
ISSUE = re.compile(r"#\d+|https://\S+/\d+")
TO_DO = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X])\b")
IGNORES = (
    # After the rules: something that is neither a rule nor the end of the line.
    re.compile(r"#\s*noqa(?!:)"),
    re.compile(r"#\s*noqa:\s*[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*\s*$"),
    re.compile(r"#\s*type:\s*ignore(?!\[)"),
    re.compile(r"#\s*type:\s*ignore\[[^]]*\]\s*$"),
    re.compile(r"#\s*pragma:\s*no (?:cover|branch)\s*$"),
)
#: A docstring is a noun phrase, or starts with a verb.
QUESTIONS = re.compile(r"(?:What|Who|Where|How|Which|Whose|Whether)\b")
MACHINES = (
    re.compile(r"(?<![\w.])/(?:work|root|home|tmp|opt/venv|opt/pypi)(?:/|\b(?![-\w]))"),
    re.compile(r"\b(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org)"),
)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert function.end_lineno is not None
    length = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function, clean=False) is not None:
        first = function.body[0]
        assert first.end_lineno is not None
        length -= first.end_lineno - first.lineno + 1
    return length


def matching(texts: dict[Path, str], *patterns: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Matches of a pattern, as ``path:line``, each with its line."""
    for path, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            if any(pattern.search(line) for pattern in patterns):
                yield f"{path}:{number}", line


def test_files_are_short(modules: dict[Path, str]) -> None:
    lengths = {str(path): text.count("\n") for path, text in modules.items()}
    assert {path: length for path, length in lengths.items() if length > FILE_LINES} == {}


def test_functions_are_short(modules: dict[Path, str]) -> None:
    long = {
        f"{path}:{function.lineno} {function.name}": lines_of_code(function)
        for path, text in modules.items()
        for function in functions(ast.parse(text))
        if lines_of_code(function) > FUNCTION_LINES
    }
    assert long == {}


def test_no_variable_is_a_pronoun(modules: dict[Path, str]) -> None:
    """Those of the models are in texts of reviewed mutants; tests in the docs are generated."""
    found = {
        f"{path}:{node.lineno}"
        for path, text in modules.items()
        if path.parts[0] not in ("docs", "statemachine")
        for node in ast.walk(ast.parse(text))
        if (isinstance(node, ast.Name) and node.id in PRONOUNS)
        or (isinstance(node, ast.arg) and node.arg in PRONOUNS)
    }
    assert found == set()


def test_names_say_something(files: list[Path]) -> None:
    words = {path: set(re.split(r"[/._-]", str(path))) for path in files}
    assert {str(path) for path, names in words.items() if names & NAMES_NOTHING} == set()


def test_what_is_left_to_do_names_its_issue(texts: dict[Path, str]) -> None:
    left = [place for place, line in matching(texts, TO_DO) if not ISSUE.search(line)]
    assert left == []


def test_every_ignore_has_its_reason_beside_it(modules: dict[Path, str]) -> None:
    assert [place for place, _ in matching(modules, *IGNORES)] == []


def test_no_machine_is_named(texts: dict[Path, str]) -> None:
    assert [place for place, _ in matching(texts, *MACHINES)] == []


def test_python_needs_nothing_from_its_future(modules: dict[Path, str]) -> None:
    places = matching(modules, re.compile(r"^\s*from __future__ "))
    assert [place for place, _ in places] == []


def test_files_end_in_one_newline_and_have_no_tabs(texts: dict[Path, str]) -> None:
    assert [str(path) for path, text in texts.items() if text and not text.endswith("\n")] == []
    assert [str(path) for path, text in texts.items() if "\r" in text] == []
    assert [
        str(path) for path, text in texts.items() if path.suffix == ".py" and "\t" in text
    ] == []


def test_no_docstring_begins_like_a_question(modules: dict[Path, str]) -> None:
    riddles = [
        f"{path}:{getattr(node, 'lineno', 1)}"
        for path, text in modules.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if QUESTIONS.match(ast.get_docstring(node) or "")
    ]
    assert riddles == []


def test_no_two_classes_share_a_name(modules: dict[Path, str]) -> None:
    """But for a step and the event, request or message that it lets happen: these are one idea."""
    defined: dict[str, list[Path]] = {}
    for path, text in modules.items():
        if path.parts[0] in {"harness", "statemachine", "strategies"}:
            for node in ast.parse(text).body:
                if isinstance(node, ast.ClassDef):
                    defined.setdefault(node.name, []).append(path)
    shared = {name: paths for name, paths in defined.items() if len(paths) > 1}
    one_idea = [
        name
        for name, paths in shared.items()
        if all(path.parts[0] in {"strategies", "statemachine"} for path in paths)
    ]
    assert {name: paths for name, paths in shared.items() if name not in one_idea} == {}
