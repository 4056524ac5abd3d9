"""The grammar of formulas: round trips, precedence as the engine has it, and filling as the applications do it."""

from __future__ import annotations

import ironcalc
import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpus
from conftest import ROOT
from sheetgd.books.xlsx.contents import Contents
from sheetgd.books.xlsx.package import Package
from sheetgd.formulas import references
from sheetgd.formulas.grammar import NotAFormula, parse, r1c1, text
from sheetgd.formulas.tree import (
    Array,
    Binary,
    Bracket,
    Call,
    Corner,
    Error,
    Missing,
    Name,
    Number,
    Reference,
    Sign,
    Suffix,
    Text,
    Tree,
    Truth,
    children,
    replaced,
    shifted,
    walk,
)

PLAIN = [  # written as `text` writes them
    "-2^2",
    "2^3^2",
    "A1:INDEX(B1:B9,3)",
    "SUM((A1,B2),C3)",
    "A1:B2 B1:C3",
    "LAMBDA(x,x+1)(5)",
    '{1,-2;"a",#N/A}',
    "IF(A1,,3)",
    "IF(A1,)",
    "@A1:A3",
    "A1#*2",
    "'My''s'!$A$1",
    "[1]Sheet1!A1",
    "Jan:Dec!A1",
    "[@Points]*2",
    "Scores[[#Totals],[Points]]",
    "Scores[O'[ne]",
    "$A:$C",
    "$1:3",
    "ZIP1+1",
    "XFD1048576",
    "XFE1",
    "Sheet1!#REF!",
    "5%^2",
    'A1=B1&"x ""y"""',
    "_xlfn.LET(_xlpm.x,1,_xlpm.x)",
    "TRUE+1",
    "a_b.c?",
    "\\top",
    "1E5+.5",
    "2^-3",
    "-A1%",
    "NOW()",
    "Größe*2",
    "'Jan 1'!A1:B$2",
    "Sheet1!A1:Sheet1!B2",
    "A1:B2,D4:E5",
    "LOG10(5)",
    "#DIV/0!",
    '__xludf.DUMMYFUNCTION("a")',
    "--A1",
    "1<>2",
    "rate!x",
]
NONE = [
    "",
    "1+",
    "(1",
    "1)",
    "SUM(1",
    "{1,2",
    "1 2",
    '"open',
    "A1 2",
    "*3",
    "=1",
    "1+*2",
    "{1;}",
    "'open!A1",
    "f(1)(",
]


@pytest.mark.parametrize("formula", PLAIN)
def test_plain_formulas_come_back_as_they_are(formula: str) -> None:
    assert text(parse(formula)) == formula


@pytest.mark.parametrize("formula", NONE)
def test_what_is_no_formula_is_refused(formula: str) -> None:
    with pytest.raises(NotAFormula, match="no formula from character"):
        parse(formula)


@pytest.mark.parametrize(
    "formula", ["(" * 5000 + "1" + ")" * 5000, "-" * 5000 + "1", "IF(1," * 2000 + "1" + ")" * 2000]
)
def test_what_is_nested_too_deep_is_none(formula: str) -> None:
    with pytest.raises(NotAFormula, match="nested too deep"):
        parse(formula)


def formulas_of(path: str) -> list[str]:
    contents = Contents(Package(path))
    return [
        formula for name in contents.sheet_names for formula in contents.scanned(name).sheet.formulas.values()
    ]


def check_round_trip(formula: str) -> None:
    tree = parse(formula)
    again = text(tree)
    assert parse(again) == tree and text(parse(again)) == again
    found, expected = references.references(again, "S"), references.references(formula, "S")
    assert found == expected


@pytest.mark.parametrize("path", sorted((ROOT / "templates").glob("*.xlsx")), ids=lambda path: path.stem)
def test_the_formulas_of_the_lessons(path: object) -> None:
    found = formulas_of(str(path))
    assert found
    for formula in dict.fromkeys(found):
        check_round_trip(formula)


@pytest.mark.parametrize("seed", range(8))
def test_the_formulas_of_other_programs(seed: int, tmp_path: object) -> None:
    for formula in dict.fromkeys(formulas_of(str(corpus.make(seed, tmp_path).path))):  # type: ignore[arg-type]
        check_round_trip(formula)


# -- trees -----------------------------------------------------------------------------------------------------------
CORNERS = st.builds(Corner, st.integers(1, 16_384), st.integers(1, 1_048_576), st.booleans(), st.booleans())
REFERENCES = st.builds(
    Reference, st.sampled_from(["", "Data!", "'My sheet'!", "'O''Hara'!"]), CORNERS, st.none() | CORNERS
)
LEAVES = st.one_of(
    st.integers(0, 10**6).map(lambda number: Number(str(number))),
    st.text(max_size=5).filter(lambda text: "\0" not in text).map(Text),  # no workbook can hold it
    st.booleans().map(Truth),
    st.sampled_from(["#N/A", "#DIV/0!", "Data!#REF!"]).map(Error),
    st.sampled_from(["rate", "_xlpm.x", "Größe", "Data!x"]).map(Name),
    REFERENCES,
)


def larger(trees: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    operators = st.sampled_from(["+", "-", "*", "/", "^", "&", "=", "<>", "<=", ">=", "<", ">"])
    arguments = st.lists(trees | st.just(Missing()), min_size=2, max_size=3).map(tuple)
    constants = st.lists(st.integers(0, 9).map(lambda n: Number(str(n))), min_size=2, max_size=2).map(tuple)
    return st.one_of(
        st.builds(Binary, operators, trees, trees),
        st.builds(Sign, st.sampled_from("+-@"), trees),
        st.builds(Suffix, trees, st.just("%")),
        st.builds(Bracket, trees),
        st.builds(Call, st.sampled_from(["SUM", "_xlfn.XLOOKUP"]), arguments),
        st.builds(Array, st.lists(constants, min_size=1, max_size=2).map(tuple)),
        st.builds(Binary, st.sampled_from([" ", ","]), REFERENCES, REFERENCES).map(Bracket),
        st.builds(Binary, st.just(":"), REFERENCES, st.builds(Call, st.just("INDEX"), arguments)),
    )


TREES = st.recursive(LEAVES, larger, max_leaves=12)


def bare(tree: Tree) -> Tree:
    """Without brackets, which stand for nothing but the order that the tree has anyway."""
    return replaced(tree, lambda node: bare(node.inner) if isinstance(node, Bracket) else None)


@given(TREES)
def test_a_tree_is_read_from_its_text(tree: Tree) -> None:
    assert bare(parse(text(tree))) == bare(tree)


@given(TREES, st.tuples(st.integers(1, 2000), st.integers(1, 300)), st.integers(0, 40), st.integers(0, 40))
def test_what_is_filled_has_one_r1c1_form(tree: Tree, cell: tuple[int, int], down: int, right: int) -> None:
    moved = shifted(tree, down, right)
    assert parse(references.shift(text(tree), down, right)) == parse(text(moved))
    wraps = any(  # past the last row or column it comes round, and counts from there
        (not end.fixed_row and end.row + down > 1_048_576)
        or (not end.fixed_column and end.column + right > 16_384)
        for node in walk(tree)
        if isinstance(node, Reference)
        for end in (node.first, *([node.last] if node.last else []))
    )
    if not wraps:
        assert r1c1(moved, (cell[0] + down, cell[1] + right)) == r1c1(tree, cell)


def test_a_number_is_no_text_and_no_name() -> None:
    assert len({Number("1"), Text("1"), Name("1"), Error("1")}) == 4
    assert Number("1") != Text("1") and Number("1") == Number("1")


def test_where_nothing_changes_it_is_the_same_tree() -> None:
    tree = parse("IF(A1>2,-SUM({1,2}),LAMBDA(x,(x+1)%)(B2))/3")
    assert replaced(tree, lambda node: None) is tree


def test_a_long_sum_is_no_deep_one() -> None:
    formula = "+".join(f"A{row}" for row in range(1, 1500))
    tree = parse(formula)
    assert text(tree) == formula and len(list(walk(tree))) == 2 * 1499 - 1
    assert text(shifted(tree, 1, 0)) == references.shift(formula, 1, 0)


# -- precedence ------------------------------------------------------------------------------------------------------
def bracketed(tree: Tree) -> str:
    """The formula with brackets around all that has parts."""
    if isinstance(tree, Binary):
        return f"({bracketed(tree.left)}{tree.operator}{bracketed(tree.right)})"
    if isinstance(tree, Sign):
        return f"({tree.sign}{bracketed(tree.operand)})"
    return f"({bracketed(tree.operand)}%)" if isinstance(tree, Suffix) else text(tree)


OPERANDS = st.tuples(
    st.sampled_from(["", "-", "+"]), st.sampled_from("1235"), st.sampled_from(["", "%"])
).map("".join)
OPERATORS = st.sampled_from(["+", "-", "*", "/", "^", "=", "<", ">=", "&"])
FLAT = st.builds(
    lambda first, rest: first + "".join(map("".join, rest)),
    OPERANDS,
    st.lists(st.tuples(OPERATORS, OPERANDS), min_size=1, max_size=4),
)


@given(st.lists(FLAT, min_size=10, max_size=10))
def test_precedence_is_the_engines(formulas: list[str]) -> None:
    model = ironcalc.create("book", "en", "UTC", "en")
    for row, formula in enumerate(formulas, start=1):
        model.set_user_input(0, row, 1, f"={formula}")
        model.set_user_input(0, row, 2, f"={bracketed(parse(formula))}")
    model.evaluate()
    for row, formula in enumerate(formulas, start=1):
        plain, brackets = (model.get_formatted_cell_value(0, row, column) for column in (1, 2))
        assert plain == brackets, formula


def test_the_parts_of_a_call_are_its_arguments() -> None:
    assert [text(child) for child in children(parse("SUM(A1,2*B1)"))] == ["A1", "2*B1"]
    assert [text(child) for child in children(parse("LAMBDA(x,x)(5)"))] == ["LAMBDA(x,x)", "5"]
