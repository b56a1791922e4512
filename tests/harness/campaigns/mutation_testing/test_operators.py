"""Mutation operators: the changes that each makes, and the code that none touches."""

import ast
import textwrap

import pytest

from workerfuzz.harness.campaigns.mutation_testing.operators import OPERATORS, Change, changes


def mutated(source: str) -> list[tuple[str, str]]:
    """Operator and whole text of every mutant of a function with that body."""
    text = "def f(a, b, *, c=None):\n" + textwrap.indent(textwrap.dedent(source), "    ")
    found = []
    for number in range(len([*changes(ast.parse(text))])):
        tree = ast.parse(text)
        change: Change = [*changes(tree)][number]
        change.make()
        compile(tree, "f.py", "exec")
        body = ast.unparse(tree).partition("\n")[2]
        found.append((change.operator, " ; ".join(line.strip() for line in body.splitlines())))
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("return a < b", [("comparison", "return a <= b"), ("comparison", "return a >= b")]),
        ("return a is b", [("comparison", "return a is not b")]),
        ("return a in b", [("comparison", "return a not in b")]),
        (
            "return a and b",
            [("boolean", "return a or b"), ("boolean", "return b"), ("boolean", "return a")],
        ),
        ("return not a", [("negation", "return a")]),
        ("return -a", [("negation", "return a")]),
        ("return a + b", [("arithmetic", "return a - b")]),
        ("return a | b", [("arithmetic", "return a & b")]),
        ("return min(a, b)", [("function", "return max(a, b)")]),
        ("return True", [("constant", "return False")]),
        ("return 3", [("constant", "return 4"), ("constant", "return 2")]),
        ("return [a, b]", [("element", "return [b]"), ("element", "return [a]")]),
        ("return {a: b}", [("element", "return {}")]),
        ("return {**a}", [("element", "return {}")]),
        ("return a in (b, c)", [
            ("comparison", "return a not in (b, c)"),
            ("element", "return a in (c,)"),
            ("element", "return a in (b,)"),
        ]),
        ("return a(b, c=c)", [("keyword", "return a(b)")]),
        ("return [x for x in a if x]", [("condition", "return [x for x in a]")]),
        ("return b if a else c", [
            ("condition", "return b if True else c"),
            ("condition", "return b if False else c"),
        ]),
    ],
)  # fmt: skip
def test_an_expression_is_changed_in_these_ways(
    source: str, expected: list[tuple[str, str]]
) -> None:
    assert mutated(source) == expected


@pytest.mark.parametrize(
    ("source", "operator", "expected"),
    [
        ("a.b = c", "statement", "pass"),
        ("a(b)", "statement", "pass"),
        ("del a[b]", "statement", "pass"),
        ("a += b", "statement", "pass"),
        ("a += b", "arithmetic", "a -= b"),
        ("a = b", "statement", "pass"),  # a parameter: it is bound all the same
        ("if a:\n    b()", "condition", "if False: ; b()"),
        ("while a:\n    b()", "condition", "while True: ; b()"),
        ("for x in a:\n    b()", "loop", "for x in (): ; b()"),
        ("for x in a:\n    break", "loop", "for x in a: ; continue"),
        ("for x in a:\n    continue", "statement", "for x in a: ; pass"),
        ("if a:\n    return b\nreturn c", "statement", "if a: ; pass ; return c"),
        ("if a:\n    raise ValueError", "statement", "if a: ; pass"),
    ],
)
def test_a_statement_is_changed_in_this_way(source: str, operator: str, expected: str) -> None:
    assert (operator, expected) in mutated(source)


@pytest.mark.parametrize(
    "source",
    [
        '"""Docstring with 3."""',
        "assert a < 3, 'a and b'",
        "import os",
        "logger.debug('%s', 3)",
        "if a > 3:\n    logger.debug('%s', a)",
        "self.log.append((a, 3))",
        "return f'{a + 1}'",
        "return 'text'",
        "return {'a': 'a text for people'}",
        "x: int = a",  # nothing after it would find the name
        "x = a",
        "return a, b",  # a record
        "return a[b, c]",
        "return cast(a < b, c)",
    ],
)
def test_this_is_left_alone(source: str) -> None:
    assert mutated(source) == []


def test_what_is_raised_and_records_are_deleted_as_a_whole_alone() -> None:
    assert mutated("raise ValueError(f'{a + 1}', 3)") == [("statement", "pass")]
    assert mutated("a, b = c, a") == [("statement", "pass")]


def test_annotations_decorators_and_text_of_objects_are_left_alone() -> None:
    source = """
    @dataclass(frozen=True, order=False)
    class C:
        a: Literal[3] | None

        def __repr__(self) -> str:
            return self.a or 3

        @property(1)
        def b(self, c: Literal[4]) -> Literal[5]:
            "Docstring."
    """
    assert [*changes(ast.parse(textwrap.dedent(source)))] == []


def test_defaults_and_constants_of_classes_and_modules_are_changed() -> None:
    source = "LIMIT = 3\nclass C:\n    flag: bool = True\n    def f(self, a=1, *, b=False): ...\n"
    found = [
        (change.function, change.operator, ast.unparse(change.node))
        for change in changes(ast.parse(source))
    ]
    assert found == [
        ("", "constant", "3"), ("", "constant", "3"), ("C", "constant", "True"),
        ("C.f", "constant", "1"), ("C.f", "constant", "1"), ("C.f", "constant", "False"),
    ]  # fmt: skip


def test_every_operator_is_explained_and_used() -> None:
    """The table for people has those that there are."""
    source = """
    for x in a:
        if not x < 3 and min(x, True):
            break
        a.b(x, y=[x + 1])
    """
    assert {operator for operator, _ in mutated(source)} == OPERATORS.keys()
