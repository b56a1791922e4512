"""Mutation operators: the small changes of a syntax tree, each of which makes one mutant.

Standard library only: this runs in a process that has not imported what it changes.

Not changed: annotations, docstrings, imports, decorators, assertions, messages (of exceptions, logs,
f-strings), strings (nearly every such change fails on first use), and what makes text of an object. A
statement is not deleted where the rest of its function could not run for lack of a name.
"""

import ast
import copy
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

#: Replacement of a node, and the name of the operator that makes it. None: the node is left out.
Proposal: TypeAlias = tuple[str, ast.AST | None]

#: Methods that make text of an object, for people.
TEXTS: Final = frozenset(
    {"__repr__", "__str__", "__sizeof__", "_repr_html_", "_to_dict", "_to_dict_no_nest"}
)

#: Names of which methods are called to log, or to keep a log.
LOGS: Final = frozenset({"log", "logger", "logging", "transition_log", "warnings"})

#: Methods that log.
LOG_METHODS: Final = frozenset({"log_event"})

#: Calls about types; neither they nor their arguments are changed.
TYPING: Final = frozenset({"NewType", "ParamSpec", "TypeVar", "TypeVarTuple", "cast"})

#: Calls of which no keyword argument is dropped: what they make would not be the class that it is.
DECLARATIONS: Final = frozenset({"NamedTuple", "dataclass", "field"})

#: Of each comparison, the one that differs at the boundary, if any, and the opposite.
COMPARISONS: Final[Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = MappingProxyType(
    {
        ast.Lt: (ast.LtE, ast.GtE),
        ast.LtE: (ast.Lt, ast.Gt),
        ast.Gt: (ast.GtE, ast.LtE),
        ast.GtE: (ast.Gt, ast.Lt),
        ast.Eq: (ast.NotEq,),
        ast.NotEq: (ast.Eq,),
        ast.Is: (ast.IsNot,),
        ast.IsNot: (ast.Is,),
        ast.In: (ast.NotIn,),
        ast.NotIn: (ast.In,),
    }
)

#: Of each arithmetic operator the one that takes its place; of sets and numbers alike.
ARITHMETIC: Final[Mapping[type[ast.operator], type[ast.operator]]] = MappingProxyType(
    {
        ast.Add: ast.Sub,
        ast.Sub: ast.Add,
        ast.Mult: ast.Div,
        ast.Div: ast.Mult,
        ast.FloorDiv: ast.Mult,
        ast.Mod: ast.Mult,
        ast.BitOr: ast.BitAnd,
        ast.BitAnd: ast.BitOr,
    }
)

#: Functions that can stand in for each other.
FUNCTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"min": "max", "max": "min", "any": "all", "all": "any"}
)

#: Statements that can be deleted.
SIMPLE: Final = (
    ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete, ast.Raise, ast.Return, ast.Break,
    ast.Continue,
)  # fmt: skip

#: One mutation operator a line, for people.
OPERATORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "comparison": "`<` becomes `<=` or `>=`, `==` becomes `!=`, `is` `is not`, `in` `not in`",
        "boolean": "`and` becomes `or`; one of the operands is left out",
        "negation": "`not x` becomes `x`, `-x` becomes `x`",
        "condition": "a condition is forced, to both sides; that of a comprehension to true",
        "loop": "a loop has no iteration; `break` becomes `continue`",
        "statement": "a simple statement is deleted",
        "element": "an element of a list, tuple, set or dict is left out",
        "keyword": "a keyword argument is left out",
        "constant": "true becomes false; a number is one more, or one less",
        "arithmetic": "`+` becomes `-`, `|` becomes `&`, `+=` becomes `-=`",
        "function": "`min` becomes `max`, `any` becomes `all`",
    }
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a syntax tree that is not made yet.

    Attributes:
        function: qualified name of the function, or of the class; empty at the top of the module.
        statement: in which it stands.
        node: what is replaced.
        replacement: None: a place in a list, which is left out.
    """

    operator: str
    function: str
    statement: ast.stmt
    parent: ast.AST
    field: str
    place: int | None
    node: ast.AST
    replacement: ast.AST | None

    def make(self) -> None:
        """Change the tree."""
        if self.replacement is not None:
            ast.copy_location(self.replacement, self.node)
            ast.fix_missing_locations(self.replacement)
        if self.place is None:
            setattr(self.parent, self.field, self.replacement)
            return
        nodes = getattr(self.parent, self.field)
        if self.replacement is not None:
            nodes[self.place] = self.replacement
            return
        del nodes[self.place]
        if isinstance(self.parent, ast.Dict):
            del self.parent.values[self.place]


@dataclass(frozen=True, slots=True)
class Place:
    """Position in the traversal of a tree.

    Attributes:
        bound: how often each name is bound in the function; None outside functions.
        is_last: the statement is the last of its function.
    """

    function: str = ""
    bound: Mapping[str, int] | None = None
    statement: ast.stmt | None = None
    is_last: bool = False


def changes(module: ast.Module) -> Iterator[Change]:
    """Every change of a module, in the order of its text."""
    yield from in_statements(module, "body", Place())


def in_statements(parent: ast.AST, field: str, place: Place) -> Iterator[Change]:
    """Changes of the statements of a block."""
    block: list[ast.stmt] = getattr(parent, field)
    for number, statement in enumerate(block):
        is_end = isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef) and number + 1 == len(
            block
        )
        here = Place(place.function, place.bound, statement, is_end)
        if is_left_alone(statement):
            continue
        for operator, replacement in of_statement(statement, here):
            yield Change(
                operator, here.function, statement, parent, field, number, statement, replacement
            )
        yield from inside(statement, here)


def inside(statement: ast.stmt, place: Place) -> Iterator[Change]:
    """Changes of the parts of a statement."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        name = f"{place.function}.{statement.name}" if place.function else statement.name
        if isinstance(statement, ast.ClassDef):
            yield from in_statements(statement, "body", Place(name))
            return
        if statement.name in TEXTS:
            return
        yield from in_parts(statement.args, Place(name, {}, statement), ("defaults", "kw_defaults"))
        yield from in_statements(statement, "body", Place(name, bindings(statement)))
        return
    if isinstance(statement, ast.Raise):
        return
    for field, value in ast.iter_fields(statement):
        if field == "annotation":
            continue
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            yield from in_statements(statement, field, place)
        elif (
            isinstance(value, list)
            and value
            and isinstance(value[0], ast.ExceptHandler | ast.match_case)
        ):
            for part in value:
                yield from in_parts(part, place, ("guard",))
                yield from in_statements(part, "body", place)
        else:
            yield from in_parts(statement, place, (field,))


def in_parts(
    parent: ast.AST, place: Place, fields: Iterable[str] | None = None
) -> Iterator[Change]:
    """Changes of the expressions in some fields of a node, and of what is in them."""
    for field in fields if fields is not None else parent._fields:
        value = getattr(parent, field, None)
        nodes = value if isinstance(value, list) else [value]
        for number, node in enumerate(nodes):
            if not isinstance(node, ast.AST) or isinstance(node, ast.JoinedStr | ast.stmt):
                continue
            assert place.statement is not None
            at = number if isinstance(value, list) else None
            for operator, replacement in of_expression(node, parent):
                yield Change(
                    operator, place.function, place.statement, parent, field, at, node, replacement
                )
            yield from in_lists(node, parent, field, place)
            if not is_about_types(node):
                yield from in_parts(
                    node, place, ("body",) if isinstance(node, ast.Lambda) else None
                )


def in_lists(node: ast.AST, parent: ast.AST, field: str, place: Place) -> Iterator[Change]:
    """Changes that leave out an item of a node: an element, an entry, a keyword, a condition."""
    dropped: list[tuple[str, str]] = []
    if isinstance(node, ast.List | ast.Set) or (
        isinstance(node, ast.Tuple) and may_be_shorter(node, parent, field)
    ):
        dropped = [("element", "elts")]
    elif isinstance(node, ast.Dict):
        dropped = [("element", "keys")]
    elif isinstance(node, ast.Call) and name_of(node.func) not in DECLARATIONS | TYPING:
        dropped = [("keyword", "keywords")]
    elif isinstance(node, ast.comprehension):
        dropped = [("condition", "ifs")]
    assert place.statement is not None
    for operator, items in dropped:
        for number, item in enumerate(getattr(node, items)):
            if isinstance(node, ast.Dict) and is_description(node.values[number]):
                continue
            shown = item if item is not None else node  # `**others` in a dict has no key
            yield Change(
                operator, place.function, place.statement, node, items, number, shown, None
            )


def of_statement(statement: ast.stmt, place: Place) -> Iterator[Proposal]:
    """Changes of a statement as a whole, or of what decides about it."""
    if isinstance(statement, ast.Break):
        yield "loop", ast.Continue()
    elif isinstance(statement, ast.AugAssign) and type(statement.op) in ARITHMETIC:
        other = ARITHMETIC[type(statement.op)]()
        yield "arithmetic", ast.AugAssign(statement.target, other, statement.value)
    if isinstance(statement, SIMPLE) and may_be_deleted(statement, place):
        yield "statement", ast.Pass()


def of_expression(node: ast.AST, parent: ast.AST) -> Iterator[Proposal]:
    """Changes of an expression."""
    match parent:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if test is node:
            if not isinstance(node, ast.Constant):
                yield "condition", ast.Constant(value=True)
                yield "condition", ast.Constant(value=False)
        case ast.For(iter=iterated) | ast.AsyncFor(iter=iterated) if iterated is node:
            yield "loop", ast.Tuple([], ast.Load())
        case _:
            pass
    yield from of_operator(node)
    if isinstance(node, ast.Constant):
        yield from of_constant(node)


def of_operator(node: ast.AST) -> Iterator[Proposal]:
    """Changes of an expression that applies an operator or a function."""
    match node:
        case ast.Compare():
            yield from compared(node)
        case ast.BoolOp():
            yield from joined(node)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield "negation", node.operand
        case ast.BinOp(op=operator) if type(operator) in ARITHMETIC:
            yield "arithmetic", ast.BinOp(node.left, ARITHMETIC[type(operator)](), node.right)
        case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS:
            other = ast.Name(FUNCTIONS[name], ast.Load())
            yield "function", ast.Call(other, node.args, node.keywords)
        case _:
            pass


def of_constant(node: ast.Constant) -> Iterator[Proposal]:
    """Changes of a truth value or a number."""
    if isinstance(node.value, bool):
        yield "constant", ast.Constant(value=not node.value)
    elif isinstance(node.value, int | float):
        yield "constant", ast.Constant(value=node.value + 1)
        yield "constant", ast.Constant(value=node.value - 1)


def compared(node: ast.Compare) -> Iterator[Proposal]:
    for number, operator in enumerate(node.ops):
        for other in COMPARISONS[type(operator)]:
            operators = [*node.ops]
            operators[number] = other()
            yield "comparison", ast.Compare(node.left, operators, node.comparators)


def joined(node: ast.BoolOp) -> Iterator[Proposal]:
    yield (
        "boolean",
        ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values),
    )
    for number in range(len(node.values)):
        rest = [*node.values[:number], *node.values[number + 1 :]]
        yield "boolean", rest[0] if len(rest) == 1 else ast.BoolOp(copy.copy(node.op), rest)


def may_be_shorter(node: ast.Tuple, parent: ast.AST, field: str) -> bool:
    """It is a sequence, which may have any length; not a record, or a pattern for one."""
    if not isinstance(node.ctx, ast.Load):
        return False
    if any(isinstance(item, ast.Starred) for item in node.elts):
        return True
    match parent:
        case ast.Compare(ops=[ast.In() | ast.NotIn()]):
            return True
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            return field == "iter"
        case ast.Assign(targets=[ast.Name()]) | ast.AnnAssign() | ast.keyword():
            return True
        case _:
            return False


def may_be_deleted(statement: ast.stmt, place: Place) -> bool:
    """The rest of the function can run without it."""
    if place.bound is None:
        return False
    if isinstance(statement, ast.Return):
        return statement.value is None or not place.is_last
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.AnnAssign) and statement.value is None:
        return False
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        names = {
            node.id
            for target in targets
            for node in ast.walk(target)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        return all(place.bound.get(name, 0) > 1 for name in names)
    return True


def bindings(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Mapping[str, int]:
    """Count how often each name is bound in a function; parameters are bound before it begins."""
    arguments = function.args
    bound = Counter(
        arg.arg for arg in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    )
    bound.update(
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    for node in ast.walk(function):
        if isinstance(node, ast.Global | ast.Nonlocal):
            bound.update(dict.fromkeys(node.names, 2))
    return bound


def is_left_alone(statement: ast.stmt) -> bool:
    """It decides nothing: an import, an assertion, a docstring, a line of a log, the name of a type."""
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.Assert | ast.Global | ast.Nonlocal):
        return True
    if isinstance(statement, ast.Expr):
        call = statement.value.value if isinstance(statement.value, ast.Await) else statement.value
        return isinstance(call, ast.Constant) or (isinstance(call, ast.Call) and is_logging(call))
    if isinstance(statement, ast.If):
        return all(map(is_left_alone, [*statement.body, *statement.orelse]))
    if isinstance(statement, ast.AnnAssign):
        return "TypeAlias" in ast.unparse(statement.annotation)
    if isinstance(statement, ast.Assign):
        names = {expr.id for expr in statement.targets if isinstance(expr, ast.Name)}
        return bool(names & {"__all__", "__slots__"})
    return False


def is_logging(call: ast.Call) -> bool:
    """Return True for ``logger.debug(...)``, ``self.log.append(...)``, ``self.log_event(...)``."""
    if not isinstance(call.func, ast.Attribute):
        return False
    return call.func.attr in LOG_METHODS or name_of(call.func.value) in LOGS


def is_description(node: ast.AST) -> bool:
    """Return True for a text for people: it has more than one word."""
    match node:
        case ast.Constant(value=str() as text):
            return " " in text
        case _:
            return False


def is_about_types(node: ast.AST) -> bool:
    """Return True for a call of ``typing``, and for ``Callable[[int], str]``."""
    if isinstance(node, ast.Subscript):
        return any(isinstance(child, ast.List) for child in ast.walk(node.slice))
    return isinstance(node, ast.Call) and name_of(node.func) in TYPING


def name_of(node: ast.AST) -> str:
    """Return the last part of a dotted name; empty for anything else."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
