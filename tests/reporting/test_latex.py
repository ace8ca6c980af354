"""Tables for papers: what a page can hold, and signs that LaTeX takes for its own."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gplac.reporting.latex import LINE, PAGE, escaped, latex_table

SIGNS = "&%$#_{}~^\\"
BACK = {
    r"\textbackslash{}": "\\",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    **{f"\\{sign}": sign for sign in "&%$#_{}"},
}


def body(table: str) -> list[str]:
    """Its rows, without the names of the columns."""
    return table.split("\\midrule\n")[1].split("\n\\bottomrule")[0].splitlines()


@given(st.text(SIGNS + "ab 1."))
def test_every_sign_stands_for_itself(text: str) -> None:
    told = escaped(text)
    assert re.sub("|".join(map(re.escape, BACK)), lambda match: BACK[match[0]], told) == text
    assert not re.search(r"(?<!\\)[&%#_]", told)


def test_what_is_typed_looks_so_keeps_its_dashes_and_may_be_broken_between_its_parts() -> None:
    told = escaped("(`gplac evaluate RUN --vary a.b_c=0.25`)")
    assert told == (
        r"(\texttt{gplac evaluate RUN -{}-vary a.\allowbreak{}b\_\allowbreak{}c=\allowbreak{}0.25})"
    )


def test_a_table_longer_than_a_page_goes_on_in_another() -> None:
    rows = [(str(number), "x") for number in range(2 * PAGE + 1)]
    text = latex_table("Success, pusher", ("Row", "Mark"), rows, ("A note.",))
    tables = text.split("\n\n\\begin{table}")
    assert [len(body(table)) for table in tables] == [PAGE, PAGE, 1]
    assert [line for table in tables for line in body(table)] == [rf"{number} & x \\" for number, _ in rows]
    assert re.findall(r"\\caption\{(.*)\}", text) == [f"Success, pusher ({part} of 3)" for part in (1, 2, 3)]
    assert len(set(re.findall(r"\\label\{(.*)\}", text))) == 3
    assert ["A note." in table for table in tables] == [False, False, True]


def test_a_name_wider_than_its_column_and_a_long_cell_are_broken_into_lines() -> None:
    text = latex_table("T", ("What", "Labelled scene", "Seeds"), [("word " * LINE, "5.0 %", "0, 1, 2")])
    assert r"What & \shortstack[r]{Labelled \\ scene} & Seeds \\" in text
    assert body(text)[0].startswith(r"\parbox[t]{0.5\linewidth}{\raggedright word word")
    assert body(text)[0].endswith(r"& 5.0 \% & 0, 1, 2 \\")


@pytest.mark.parametrize(("columns", "stacked"), [(3, False), (7, True)])
def test_cells_of_a_table_of_many_columns_are_broken_after_their_commas(columns: int, stacked: bool) -> None:
    cells = ["GPLAC of all photographs", *["**7.5 %**, +1.5 to +9.0"] * columns]
    (row,) = body(latex_table("T", [str(place) for place in range(columns + 1)], [cells]))
    assert row.startswith(r"\addlinespace[2pt] GPLAC of all photographs &" if stacked else "GPLAC of all")
    assert row.count(r"\shortstack[r]{7.5 \%, \\ +1.5 to +9.0}") == (columns if stacked else 0)


def test_without_rows_there_is_a_table_all_the_same() -> None:
    text = latex_table("T", ("What", "Seeds"), [])
    assert "What & Seeds \\\\\n\\midrule\n\\bottomrule" in text
