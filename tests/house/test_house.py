"""The rules of the house that no linter knows. Why they are so: the docstring of each test."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2] / "src" / "casehub"
FILES = sorted(HOUSE.rglob("*.py"))
ROOMS = sorted(folder for folder in HOUSE.iterdir() if folder.is_dir() and any(folder.glob("*.py")))

PURE_ROOMS = {
    *("workflow", "deadlines", "catalogue", "places", "people", "events"),
    *(
        "departments",
        "cases",
        "letters",
        "hotline",
        "collectors",
        "queues",
        "rates",
        "campaigns",
        "bulletins",
    ),
    "paper",
}
IO_FILES = {"tables.py", "store.py", "commands.py", "schemas.py", "api.py", "depends.py", "relay.py"}
# Types of text and instants: functions of their argument, whatever room they stand in.
PURE_MODULES = {"casehub.wire.text"}
IO_MODULES = {
    *("sqlalchemy", "asyncpg", "alembic", "httpx", "fastapi", "starlette", "asyncio", "socket", "subprocess"),
    *("os", "shutil", "tempfile", "threading", "time", "requests", "urllib.request", "psutil"),
    *("casehub.clock", "casehub.storage", "casehub.wire"),
}
IO_CALLS = {"open", "print", "input"}  # as functions: a pause may have a method open()
IO_METHODS = {"read_text", "read_bytes", "write_text", "write_bytes"}
PRIVATE_FILES = {"store", "schemas", "api", "relay"}
ENTRANCES = {"app.py": {"api"}, "worker.py": {"relay"}}

LINES_OF_A_FILE = 500
LINES_OF_A_FUNCTION = 50


def kind(path: Path) -> str:
    """What a file may do follows from its name; a store or a door that outgrows one file goes on in `store_watch.py`."""
    return f"{path.stem.split('_')[0]}.py"


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Each imported module or name, with its line: ``from a import b`` is both a and a.b."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def is_in(name: str, modules: set[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def said(path: Path, line: int, what: str) -> str:
    return f"{path.relative_to(HOUSE.parent)}:{line} {what}"


def room(path: Path) -> str:
    inside = path.relative_to(HOUSE).parts
    return inside[0] if len(inside) > 1 else ""


def pure_files() -> list[Path]:
    return [path for path in FILES if room(path) in PURE_ROOMS and kind(path) not in IO_FILES]


def test_purity_is_the_default() -> None:
    """A file without one of the I/O names holds decisions only, so that each can be tested by a table of numbers."""
    breaches = []
    for path in pure_files():
        breaches += [
            said(path, line, f"imports {name}")
            for line, name in imported(path)
            if is_in(name, IO_MODULES) and not is_in(name, PURE_MODULES)
        ]
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
                breaches.append(said(path, getattr(node, "lineno", 0), "is asynchronous"))
            elif isinstance(node, ast.Call) and (
                called(node) in (IO_CALLS if isinstance(node.func, ast.Name) else IO_METHODS)
            ):
                breaches.append(said(path, node.lineno, f"calls {called(node)}()"))
    assert not breaches, "\n".join(breaches)


def test_a_pure_file_imports_no_file_of_its_room_that_does_io() -> None:
    """Purity is inherited: a rule that imports a store is not a rule. Tables are only names and may be read."""
    doors = {path.stem for path in map(Path, IO_FILES - {"tables.py"})}
    breaches = [
        said(path, line, f"imports {name}")
        for path in pure_files()
        for line, name in imported(path)
        if name.startswith("casehub.") and {part.split("_")[0] for part in name.split(".")[2:3]} & doors
    ]
    assert not breaches, "\n".join(breaches)


def test_a_room_is_entered_by_its_door() -> None:
    """Another room's store, wire and loops are its own business; its commands and rules are the door."""
    rooms = {folder.name for folder in ROOMS} & PURE_ROOMS
    breaches = [
        said(path, line, f"imports {name}")
        for path in FILES
        for line, name in imported(path)
        if (parts := name.split("."))[0] == "casehub" and len(parts) > 2
        if parts[1] in rooms - {room(path)}
        and parts[2].split("_")[0] in PRIVATE_FILES - ENTRANCES.get(path.name, set())
    ]
    assert not breaches, "\n".join(breaches)


def tables_and_their_rooms() -> dict[str, str]:
    """Variable of each Core table, and the room that defines it."""
    return {
        target.id: room(path)
        for path in FILES
        if path.name == "tables.py"
        for node in tree(path).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        if isinstance(node.value, ast.Call) and called(node.value) == "Table"
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }


def written_tables(path: Path) -> Iterator[tuple[int, str]]:
    """``insert(cases)``, ``update(tables.cases)`` and ``cases.insert()`` alike."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and called(node) in {"insert", "update", "delete"}:
            owner = [node.func.value] if isinstance(node.func, ast.Attribute) else []
            for part in chain(node.args[:1], owner):
                yield node.lineno, part.id if isinstance(part, ast.Name) else getattr(part, "attr", "")


def test_a_table_has_one_writer() -> None:
    """Who may change a row is answered by one folder; everybody else asks its commands, or reads."""
    owners = tables_and_their_rooms()
    breaches = [
        said(path, line, f"writes {table}, which belongs to {owners[table]}")
        for path in FILES
        for line, table in written_tables(path)
        if table in owners and owners[table] != room(path)
    ]
    assert not breaches, "\n".join(breaches)


def test_only_the_store_of_a_room_writes_sql() -> None:
    """Statements live where their index and lock are said; an api or a rule that executes one hides it."""
    breaches = [
        said(path, node.lineno, "executes SQL")
        for path in FILES
        if room(path) in PURE_ROOMS and kind(path) not in {"store.py", "relay.py"}
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and called(node) in {"execute", "scalar", "scalars"}
    ]
    assert not breaches, "\n".join(breaches)


def test_only_the_outermost_caller_commits() -> None:
    """A command takes an open transaction, so that a verb of the city can be one step of a larger one."""
    breaches = [
        said(path, node.lineno, "commits")
        for path in FILES
        if room(path) in PURE_ROOMS and kind(path) in {"commands.py", "store.py", "api.py"}
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and called(node) in {"commit", "rollback"}
    ]
    assert not breaches, "\n".join(breaches)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_files_and_functions_keep_their_size(path: Path) -> None:
    """What makes code tiring is its long tail."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES_OF_A_FILE, f"{path.name} is too long"
    long = [
        f"{node.name} has {lines} lines"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := (node.end_lineno or 0) - node.lineno + 1) > LINES_OF_A_FUNCTION
    ]
    assert not long, "\n".join(long)


@pytest.mark.parametrize("folder", ROOMS, ids=lambda folder: folder.name)
def test_every_room_has_a_door_plate(folder: Path) -> None:
    """The first thing a newcomer reads: what the room is for, its words, its invariants, its sources."""
    plate = folder / "__init__.py"
    assert plate.exists(), f"{folder.name} has no __init__.py"
    assert len((ast.get_docstring(tree(plate)) or "").split()) >= 10, f"{plate} says too little"
    assert all(isinstance(node, ast.Expr) for node in tree(plate).body), (
        "a door-plate holds words, no re-exports"
    )


def test_no_file_has_a_name_that_says_nothing() -> None:
    vague = re.compile(r"^_?(utils?|helpers?|managers?|process(ing|or)?|data|info|misc|common)\.py$")
    assert [str(path) for path in FILES if vague.match(path.name)] == []


def problems() -> Iterator[tuple[Path, ast.ClassDef]]:
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef) and any(
                isinstance(b, ast.Name) and b.id == "Problem" for b in node.bases
            ):
                yield path, node


def value_in_class(node: ast.ClassDef, name: str) -> str | None:
    """Text given to a name in the body of a class, also as one of several: ``type, status = "x", 409``."""
    for line in node.body:
        if isinstance(line, ast.Assign | ast.AnnAssign) and line.value is not None:
            target = line.targets[0] if isinstance(line, ast.Assign) else line.target
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            values = line.value.elts if isinstance(line.value, ast.Tuple) else [line.value]
            for one, value in zip(names, values, strict=False):
                if isinstance(one, ast.Name) and one.id == name and isinstance(value, ast.Constant):
                    return str(value.value)
    return None


def test_every_problem_says_what_it_is_in_two_languages_and_under_one_type() -> None:
    """Clients hang their own texts on the type, so two problems never share one."""
    seen: dict[str, str] = {}
    for path, node in problems():
        kind = value_in_class(node, "type")
        assert ast.get_docstring(node), said(path, node.lineno, "has no message")
        assert kind, said(path, node.lineno, f"{node.name} has no type")
        assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", kind), said(path, node.lineno, f"{kind} is no type")
        assert value_in_class(node, "zh"), said(path, node.lineno, f"{node.name} has no Chinese message")
        assert seen.setdefault(kind, node.name) == node.name, said(
            path, node.lineno, f"{kind} is {seen[kind]} already"
        )


def test_every_setting_says_what_it_is_for() -> None:
    settings = pytest.importorskip("casehub.settings")
    silent = [name for name, field in settings.Settings.model_fields.items() if not field.description]
    assert silent == []
