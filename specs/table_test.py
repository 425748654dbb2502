"""An examples table to a pytest file: one test per row, named ``row1``, ``row2``, ... from the top of the table."""

from collections.abc import Sequence

from .names import identifier
from .nouns import Examples, Row
from .python_code import calling, compiles
from .python_test import FIND_PROJECT

_UNDER_TEST = "under_test"


def source(table: Examples, *, name: str, where: str) -> tuple[str, tuple[str, ...]]:
    """The file's text and the names of its tests; raises CodeError.

    What is under test is imported by each test, so that a module that is not there yet fails its tests and no others.
    """
    groups: dict[str, list[tuple[int, Row]]] = {}
    for number, row in enumerate(table.rows, 1):
        groups.setdefault(row.expected if row.raises else "", []).append((number, row))
    text = f'"""{where}"""\n\n{FIND_PROJECT}\nimport pytest\n'
    names: list[str] = []
    for error, rows in groups.items():
        test = f"{name}_raises_{identifier(error)}" if error else name
        text += _test(table, rows, name=test, where=where, error=error)
        names += [f"{test}[row{number}]" for number, _ in rows]
    compiles(text, of=table.call)
    return text, tuple(names)


def _test(table: Examples, rows: Sequence[tuple[int, Row]], *, name: str, where: str, error: str) -> str:
    columns = (*table.arguments, *(() if error else ("expected",)), "spec_line")
    file = where.partition(":")[0]
    cases = "\n".join(f"        {_case(row, number, file=file, error=error)}" for number, row in rows)
    quoted = ", ".join(f'"{column}"' for column in columns)
    return (
        f"\n\n@pytest.mark.parametrize(\n    [{quoted}],\n    [\n{cases}\n    ],\n)\n"
        f'def {name}({", ".join(columns)}):\n    """{where}"""\n{_body(table, error=error)}'
    )


def _case(row: Row, number: int, *, file: str, error: str) -> str:
    values = row.inputs if error else (*row.inputs, row.expected)
    return f'pytest.param({", ".join(values)}, "{file}:{row.line}", id="row{number}"),'


def _body(table: Examples, *, error: str) -> str:
    """The test's code; a row that fails says the line of the spec that it stands on."""
    module, call = error.rpartition(".")[0], table.call
    lines = [f"from {table.module} import {table.function}"]
    if table.function in table.arguments:  # the column would hide what is under test
        lines[0] += f" as {_UNDER_TEST}"
        call = calling(table.call, table.function, by=_UNDER_TEST)
    if error:
        lines += [f"import {module}"] if module else []
        lines += ["", f"with pytest.raises({error}):", f"    {call}"]
        lines += ['    pytest.fail(f"{spec_line}: nothing was raised")'] if error != "BaseException" else []
    else:
        lines += ["", f"assert {call} == expected, spec_line"]
    return "".join(f"    {line}".rstrip() + "\n" for line in lines)
