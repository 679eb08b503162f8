"""The embedded server against kills, strangers and company. Each test has a home of its own."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import psutil
import pytest

from casehub.storage.embedded import EmbeddedServer, EmbeddedServerError, default_home, start_embedded

NOBODY = 65534
IS_ROOT = os.geteuid() == 0

# A process that uses the home given to it until its input closes. It becomes an ordinary user only after the imports,
# because the interpreter itself may lie where only root can read.
USER_OF_THE_HOME = """
import os
import sys
from pathlib import Path
from casehub.storage.embedded import start_embedded
if len(sys.argv) > 2:
    os.setgroups([])
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
with start_embedded(Path(sys.argv[1])) as server:
    print(server.dsn_url, flush=True)
    sys.stdin.read()
"""


def postmaster_pid(home: Path) -> int:
    return int((home / "postgres" / "postmaster.pid").read_text().split()[0])


def is_running(home: Path) -> bool:
    with suppress(FileNotFoundError, psutil.NoSuchProcess):
        return psutil.Process(postmaster_pid(home)).status() != psutil.STATUS_ZOMBIE
    return False


def kill_hard(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    with suppress(psutil.NoSuchProcess):
        psutil.wait_procs([psutil.Process(pid)], timeout=5)


async def ask(server: EmbeddedServer, *statements: str) -> object:
    host = server.dsn_url.partition("?host=")[2]
    connection = await asyncpg.connect(host=host, user="postgres", database="casehub")
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return await connection.fetchval(statements[-1])
    finally:
        await connection.close()


@pytest.fixture
def empty_home() -> Iterator[Path]:
    # Not tmp_path: root's system user must be let through, and pytest closes its folders again at each session.
    folder = Path(tempfile.mkdtemp(prefix="casehub-test-"))
    yield folder / "home"
    with suppress(OSError, psutil.NoSuchProcess):
        kill_hard(postmaster_pid(folder / "home"))
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def made_once() -> Iterator[Path]:
    """A home whose server ran once and was stopped."""
    folder = Path(tempfile.mkdtemp(prefix="casehub-test-"))
    start_embedded(folder / "home").stop()
    yield folder / "home"
    shutil.rmtree(folder)


@pytest.fixture
def home(empty_home: Path, made_once: Path) -> Path:
    """A home with a stopped database, copied because making one takes the better part of a second."""
    subprocess.run(["cp", "-a", made_once, empty_home], check=True)
    return empty_home


@pytest.fixture
def another(empty_home: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start another process that uses the home."""
    started: list[subprocess.Popen[str]] = []

    def start(folder: Path = empty_home, *, user: int | None = None) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", USER_OF_THE_HOME, str(folder), *([str(user)] if user else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def leave(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors


async def test_the_first_start_makes_a_city_database_and_the_second_finds_it_again(empty_home: Path) -> None:
    home = empty_home
    with start_embedded(home) as server:
        assert await ask(server, "CREATE TABLE t AS SELECT '井盖' AS name", "SELECT name FROM t") == "井盖"
    assert not is_running(home)

    with start_embedded(home) as server:
        assert await ask(server, "SELECT name FROM t") == "井盖"


async def test_the_server_is_set_up_to_lose_nothing_and_to_listen_to_nobody_else(home: Path) -> None:
    with start_embedded(home) as server:
        for setting, value in {
            "fsync": "on",
            "synchronous_commit": "on",
            "jit": "off",
            "max_connections": "200",
            "shared_buffers": "128MB",
            "max_wal_size": "4GB",
            "listen_addresses": "",
            "server_encoding": "UTF8",
            "TimeZone": "UTC",
        }.items():
            assert await ask(server, f"SHOW {setting}") == value
        assert stat.S_IMODE((home / "postgres.socket").stat().st_mode) == 0o700


async def test_an_operator_adds_settings_in_a_file_of_their_own(home: Path) -> None:
    (home / "postgres" / "local.conf").write_text("work_mem = '17MB'\n")
    (home / "postgres" / "local.conf").chmod(0o644)
    with start_embedded(home) as server:
        assert await ask(server, "SHOW work_mem") == "17MB"


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(home: Path) -> None:
    with start_embedded(home):
        postmaster = postmaster_pid(home)
        assert os.getsid(postmaster) == os.getpgid(postmaster) == postmaster


def test_a_second_process_joins_and_the_last_one_out_stops_the_server(
    home: Path, another: Callable[..., subprocess.Popen[str]]
) -> None:
    first = start_embedded(home)
    number = postmaster_pid(home)
    second = another()
    assert said(second) == first.dsn_url
    first.stop()
    first.stop()
    assert postmaster_pid(home) == number
    assert is_running(home)
    leave(second)
    assert not is_running(home)


def test_processes_that_start_at_once_share_one_server(
    empty_home: Path, another: Callable[..., subprocess.Popen[str]]
) -> None:
    home = empty_home
    crowd = [another() for _ in range(4)]
    assert len({said(process) for process in crowd}) == 1
    assert is_running(home)
    for process in crowd:
        leave(process)
    assert not is_running(home)


def test_after_a_killed_casehub_the_next_one_joins_the_server_it_left(
    home: Path, another: Callable[..., subprocess.Popen[str]]
) -> None:
    victim = another()
    assert said(victim)
    number = postmaster_pid(home)
    kill_hard(victim.pid)
    assert is_running(home)
    with start_embedded(home):
        assert postmaster_pid(home) == number
    assert not is_running(home)


async def test_after_a_killed_database_server_nothing_committed_is_lost(home: Path) -> None:
    server = start_embedded(home)
    await ask(server, "CREATE TABLE t AS SELECT 42 AS n", "SELECT n FROM t")
    kill_hard(postmaster_pid(home))
    with start_embedded(home) as healed:
        assert await ask(healed, "SELECT n FROM t") == 42
    server.stop()
    assert not is_running(home)


@pytest.mark.parametrize("whose", ["dead", "stranger", "garbage"])
async def test_a_stale_process_number_heals(home: Path, whose: str) -> None:
    account = (home / "postgres").stat()
    stranger = subprocess.Popen(  # noqa: ASYNC220  (returns at once)
        ["sleep", "60"], user=account.st_uid if IS_ROOT else None
    )
    lines = [str(stranger.pid), str(home / "postgres"), "1700000000", "5432", str(home), "", "", "ready   "]
    (home / "postgres" / "postmaster.pid").write_text(
        "nonsense" if whose == "garbage" else "\n".join(lines) + "\n"
    )
    if whose == "dead":
        stranger.kill()
        stranger.wait()
    try:
        with start_embedded(home) as server:
            assert await ask(server, "SELECT 1") == 1
        assert whose == "dead" or stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_a_home_with_a_long_name_keeps_its_socket_elsewhere(empty_home: Path) -> None:
    home = empty_home
    deep = home / ("a long name with 空格 and 'quotes' " * 4)
    with start_embedded(deep) as server:
        socket_dir = Path(server.dsn_url.partition("?host=")[2])
        assert len(os.fsencode(socket_dir)) < 100
        assert await ask(server, "SELECT 1") == 1
    shutil.rmtree(socket_dir)


def test_a_start_that_was_killed_while_making_the_database_starts_anew(empty_home: Path) -> None:
    home = empty_home
    (home / "postgres.new" / "base").mkdir(parents=True)
    if IS_ROOT:
        shutil.chown(home / "postgres.new", 0)
    with start_embedded(home):
        assert is_running(home)
    assert not (home / "postgres.new").exists()


def test_a_database_of_another_postgresql_is_refused_in_words(home: Path) -> None:
    (home / "postgres" / "PG_VERSION").write_text("14\n")
    with pytest.raises(EmbeddedServerError, match="was made by PostgreSQL 14"):
        start_embedded(home)


def test_a_home_that_cannot_be_written_is_refused_in_words(empty_home: Path) -> None:
    home = empty_home
    home.write_text("a file, not a folder")
    with pytest.raises(EmbeddedServerError, match="cannot be used: File exists"):
        start_embedded(home)


def test_a_folder_with_strange_files_is_left_alone(empty_home: Path) -> None:
    home = empty_home
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "letter.txt").write_text("mine")
    with pytest.raises(EmbeddedServerError, match="holds files"):
        start_embedded(home)
    assert (home / "postgres" / "letter.txt").read_text() == "mine"


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    (home / "postgres" / "local.conf").write_text("shared_buffers = 'plenty'\n")
    (home / "postgres" / "local.conf").chmod(0o644)
    with pytest.raises(EmbeddedServerError, match=r"did not start: .*(shared_buffers|configuration file)"):
        start_embedded(home)


@pytest.mark.skipif(not IS_ROOT, reason="only root can become somebody else")
def test_root_runs_the_server_as_an_unprivileged_user_and_opens_no_door_wider_than_needed(home: Path) -> None:
    with start_embedded(home):
        assert psutil.Process(postmaster_pid(home)).uids().real != 0
        assert home.parent.stat().st_uid == 0
        assert stat.S_IMODE(home.parent.stat().st_mode) == 0o701
        assert stat.S_IMODE((home / "postgres").stat().st_mode) == 0o700


@pytest.mark.skipif(not IS_ROOT, reason="only root can become somebody else")
def test_an_ordinary_user_runs_the_server_as_themselves_and_root_can_join(
    another: Callable[..., subprocess.Popen[str]], empty_home: Path
) -> None:
    home = empty_home
    home.parent.chmod(0o711)
    home.mkdir(mode=0o700)
    os.chown(home, NOBODY, NOBODY)
    ordinary = another(user=NOBODY)
    assert said(ordinary)
    assert psutil.Process(postmaster_pid(home)).uids().real == NOBODY
    with start_embedded(home):
        leave(ordinary)
        assert is_running(home)
    assert not is_running(home)
    again = another(user=NOBODY)
    assert said(again)
    leave(again)


@pytest.mark.skipif(not IS_ROOT, reason="only root can become somebody else")
def test_an_ordinary_user_is_told_when_the_home_is_not_theirs(
    another: Callable[..., subprocess.Popen[str]], home: Path
) -> None:
    home.parent.chmod(0o711)
    stranger = another(home, user=NOBODY)
    _, errors = stranger.communicate(timeout=30)
    assert "not writable for this user" in errors


def test_the_default_home_is_the_systems_for_root_and_ones_own_otherwise() -> None:
    assert (default_home() == Path("/var/lib/casehub")) is IS_ROOT
    assert default_home().name == "casehub"
