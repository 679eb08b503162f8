"""The command line: every command, each a few lines."""

import asyncio
import gc
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from rich.progress import Progress
from sqlalchemy.ext.asyncio import AsyncEngine

from casehub import __version__, opening
from casehub.app import create_app
from casehub.cases.commands import audit, migrate_workflow, open_desk
from casehub.cli_bulletins import bulletin_app
from casehub.cli_calendar import calendar_app, deadline, deadlines_app
from casehub.cli_callers import callers_app
from casehub.cli_city import city_app
from casehub.cli_letters import letters_app
from casehub.cli_limits import limits_app
from casehub.cli_rates import rates_app
from casehub.cli_simulate import simulate
from casehub.cli_worker import worker as worker_command
from casehub.clock import SimulatedClock, WallClock
from casehub.errors import Problem
from casehub.exchange.histories import Tally
from casehub.letters.commands import audit as audit_letters
from casehub.people.actors import Role
from casehub.people.commands import create_key
from casehub.settings import Settings
from casehub.storage.embedded import EmbeddedServerError
from casehub.storage.engine import make_engine
from casehub.terminal import begin_log, console, fail, open_city, progress, read_settings, run
from casehub.worker import running
from casehub.workflow.commands import adopt
from casehub.workflow.definition import parse_definition
from casehub.workflow.graph import mermaid

#: Requests under way may end when the server is told to stop; streams are cut then.
GRACE_SECONDS = 5

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="casehub: the case flow of a city. Settings are environment variables `CASEHUB_*`; see the README.",
)
workflow_app = typer.Typer(no_args_is_help=True, help="Check, draw, load and migrate workflow files.")
audit_app = typer.Typer(no_args_is_help=True, help="Is the record what it was?")
key_app = typer.Typer(no_args_is_help=True, help="API keys.")
app.add_typer(workflow_app, name="workflow")
app.add_typer(audit_app, name="audit")
app.add_typer(key_app, name="key")
app.add_typer(calendar_app, name="calendar")
app.add_typer(deadlines_app, name="deadlines")
app.add_typer(limits_app, name="limits")
app.add_typer(callers_app, name="callers")
app.add_typer(city_app, name="city")
app.add_typer(letters_app, name="letters")
app.add_typer(rates_app, name="rates")
app.add_typer(bulletin_app, name="bulletin")
app.command()(deadline)
app.command()(simulate)
app.command("worker")(worker_command)


@app.command()
def version() -> None:
    """Print the version."""
    console.print(__version__)


def _clock(simulated_from: str | None) -> WallClock:
    if simulated_from is None:
        return WallClock()
    at = datetime.fromisoformat(simulated_from)
    if at.tzinfo is None:
        raise fail("--simulated-clock takes an instant with its zone, such as 2014-01-01T00:00:00Z")
    return SimulatedClock(at)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Server processes.")] = 1,
    worker: Annotated[
        bool,
        typer.Option("--worker/--no-worker", help="Also do what runs without a request, in every process."),
    ] = True,
    simulated_clock: Annotated[
        str | None, typer.Option(help="For a new home made for replay only: start its clock at this instant.")
    ] = None,
) -> None:
    """Serve the API on the embedded database, or on CASEHUB_DATABASE_URL.

    Examples: `casehub serve`, `casehub serve --port 9000 --workers 2`, `casehub serve --no-worker`
    """
    _serve(read_settings(), host, port, workers, _clock(simulated_clock), worker=worker)


def _serve(
    settings: Settings,
    host: str | None,
    port: int | None,
    workers: int,
    clock: WallClock,
    prepare: Callable[[str], Coroutine[Any, Any, None]] | None = None,
    *,
    worker: bool = True,
) -> None:
    if clock.simulated and workers > 1:
        raise fail("a simulated clock lives in one process: leave out --workers")
    begin_log(settings)
    # uvicorn raises the signal again once it has shut down; so the embedded server is stopped as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    host, port = host or settings.host, settings.port if port is None else port
    try:
        with opening.database(settings) as url:
            asyncio.run(open_city(url, settings, clock))
            if prepare is not None:
                asyncio.run(prepare(url))
            if workers > 1:
                os.environ["CASEHUB_DATABASE_URL"] = url
                uvicorn.run(
                    f"casehub.cli:{'working_app' if worker else 'plain_app'}",
                    factory=True,
                    workers=workers,
                    host=host,
                    port=port,
                    log_level=settings.log,
                    timeout_graceful_shutdown=GRACE_SECONDS,
                )
            else:
                beside = running(settings, url, clock) if worker else None
                served = create_app(settings, url, clock, opening.home_of(settings), beside=beside)
                # What is loaded by now stays: the collector need not look through it at every turn.
                gc.collect()
                gc.freeze()
                gc.set_threshold(5_000, 10, 10)
                uvicorn.run(
                    served,
                    host=host,
                    port=port,
                    log_level=settings.log,
                    access_log=settings.log == "debug",
                    timeout_graceful_shutdown=GRACE_SECONDS,
                )
    except (Problem, EmbeddedServerError, OSError) as error:
        raise fail(error) from None


def working_app() -> object:
    """The application in one of several server processes, with a worker; its parent opened the city."""
    settings, clock = read_settings(), WallClock()
    beside = running(settings, str(settings.database_url), clock)
    return create_app(settings, str(settings.database_url), clock, opening.home_of(settings), beside=beside)


def plain_app() -> object:
    """The same without a worker."""
    settings = read_settings()
    return create_app(settings, str(settings.database_url), WallClock(), opening.home_of(settings))


@app.command()
def migrate(
    revision: Annotated[
        str, typer.Argument(help="`head`, a revision, `-1` for one down, `base` for all.")
    ] = "head",
) -> None:
    """Bring the database schema of the city up (or down). The embedded server does so by itself.

    Examples: `casehub migrate`, `casehub migrate -- -1`
    """
    settings = read_settings()

    async def inside(url: str) -> None:
        engine = make_engine(url, settings.schema_name, pool_size=1)
        try:
            await opening.migrate(engine, settings.schema_name, revision)
        finally:
            await engine.dispose()

    with opening.database(settings) as url:
        asyncio.run(inside(url))
    console.print(f"schema {settings.schema_name}: {revision}")


@key_app.command("create")
def key_create(
    role: Annotated[list[Role], typer.Option(help="What the key may do; may be said several times.")],
    person: Annotated[str | None, typer.Option(help="The person behind the key.")] = None,
    department: Annotated[str | None, typer.Option(help="The department behind the key.")] = None,
    area: Annotated[
        str | None, typer.Option(help="The area in which, and below which, its roles hold; else everywhere.")
    ] = None,
) -> None:
    """Give out an API key. It is printed once and kept only as a hash.

    Examples: `casehub key create --role administrator`, `casehub key create --role dispatcher --area 410402`
    """

    async def work(engine: AsyncEngine, _: Settings) -> str:
        async with engine.begin() as tx:
            made = await create_key(
                tx, role, person=person, department=department, area=area, at=WallClock().now()
            )
        return made[1]

    typer.echo(run(work))


@audit_app.command("verify")
def audit_verify() -> None:
    """Recompute every hash chain, compare cases and tasks and letters with their events; exits 1 when anything differs."""

    async def work(engine: AsyncEngine, _: Settings) -> dict[str, tuple[int, list[tuple[str, str]]]]:
        walks = {"cases": audit, "letters": audit_letters}
        with progress() as shown:
            return {name: await _audited(engine, walk, shown, name) for name, walk in walks.items()}

    told = run(work)
    for _, found in told.values():
        for which, fault in found:
            console.print(f"{which}: {fault}", highlight=False, soft_wrap=True)
    for name, (seen, found) in told.items():
        console.print(f"{seen} {name} verified, {len(found)} faults")
    if any(found for _, found in told.values()):
        raise typer.Exit(1)


async def _audited(
    engine: AsyncEngine, walk: Callable[..., Any], shown: Progress, name: str
) -> tuple[int, list[tuple[str, str]]]:
    last, seen, found = 0, 0, list[tuple[str, str]]()
    bar = shown.add_task(name, total=None)
    while True:
        # One snapshot for cases, events and tasks: the city may be at work meanwhile.
        async with engine.execution_options(isolation_level="REPEATABLE READ").begin() as tx:
            last, count, wrong = await walk(tx, last)
        if not count:
            return seen, found
        seen, found = seen + count, found + wrong
        shown.update(bar, completed=seen)


@workflow_app.command("check")
def workflow_check(
    files: Annotated[list[Path] | None, typer.Argument(help="The shipped ones when left out.")] = None,
) -> None:
    """Say what is wrong in workflow files, with file and line; exits 1 when anything is.

    Example: `casehub workflow check workflows/event.yaml`
    """
    chosen = files or sorted(opening.shipped("workflows").glob("*.yaml"))
    findings = [one for path in chosen for one in opening.check_workflow(_read(path), str(path))]
    for one in findings:
        typer.echo(str(one))
    if findings:
        raise typer.Exit(1)
    typer.echo(f"{len(chosen)} workflow files are sound")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise fail(error) from None


@workflow_app.command("graph")
def workflow_graph(
    name: Annotated[str, typer.Argument(help="A file, or the name of a shipped workflow.")],
    english: Annotated[bool, typer.Option("--english", help="English labels.")] = False,
) -> None:
    """Print a workflow as a Mermaid diagram.

    Example: `casehub workflow graph event --english`
    """
    path = Path(name) if Path(name).is_file() else opening.shipped("workflows") / f"{name}.yaml"
    content = _read(path)
    if findings := opening.check_workflow(content, str(path)):
        raise fail("\n".join(str(one) for one in findings))
    typer.echo(mermaid(parse_definition(content, str(path)), zh=not english), nl=False)


@workflow_app.command("load")
def workflow_load(path: Annotated[Path, typer.Argument(help="A workflow file.")]) -> None:
    """Make a file the version that new cases begin with. Open cases stay with theirs; see `workflow migrate`."""
    content = _read(path)
    if findings := opening.check_workflow(content, str(path)):
        raise fail("\n".join(str(one) for one in findings))

    async def work(engine: AsyncEngine, _: Settings) -> tuple[str, bool]:
        async with engine.begin() as tx:
            return await adopt(tx, content, WallClock().now())

    digest, changed = run(work)
    typer.echo(f"version {digest[:12]} {'is now current' if changed else 'was current already'}")


@workflow_app.command("migrate")
def workflow_migrate(
    name: Annotated[str, typer.Argument(help="The workflow.")],
    state: Annotated[
        list[str] | None,
        typer.Option(help="`old=new` for each state that is gone; may be said several times."),
    ] = None,
) -> None:
    """Move open cases to the current version of their workflow, all or none, with an event each.

    Example: `casehub workflow migrate event --state suspended=handling`
    """
    states = dict(one.split("=", 1) for one in state or [] if "=" in one)

    async def work(engine: AsyncEngine, _: Settings) -> int:
        async with engine.begin() as tx:
            return await migrate_workflow(tx, name, states, at=WallClock().now())

    typer.echo(f"{run(work)} open cases moved")


@app.command()
def openapi(
    check: Annotated[
        bool, typer.Option("--check", help="Only compare with the file; exits 1 on any difference.")
    ] = False,
    file: Annotated[Path, typer.Option(help="The document.")] = Path("openapi/openapi.json"),
) -> None:
    """Write the OpenAPI document, or with --check see that it is up to date."""
    settings = Settings.model_construct(
        **{name: field.default for name, field in Settings.model_fields.items()}
    )
    document = create_app(settings, "postgresql://nowhere/none", WallClock(), Path()).openapi()
    text = json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if not check:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    elif not file.exists() or file.read_text(encoding="utf-8") != text:
        raise fail(f"{file} is out of date: run `casehub openapi`")
    typer.echo(f"{file} is up to date")


MappingName = Annotated[
    str,
    typer.Option("--mapping", help="baltimore311, nyc311, citizen_messages, or a .yaml file of your own."),
]
Limit = Annotated[int | None, typer.Option(min=1, help="Take only the first rows.")]
SourceFile = Annotated[Path, typer.Argument(help="A CSV or XLSX file.", exists=True, dir_okay=False)]


@app.command("import")
def import_(
    file: SourceFile,
    mapping: MappingName,
    rejects: Annotated[
        Path | None, typer.Option(help="Where rows that can't be read go, with line and reason.")
    ] = None,
    limit: Limit = None,
) -> None:
    """Take over the cases of another system, with their whole histories. May be repeated: nothing comes twice.

    Example: `casehub import baltimore311_10k.csv --mapping baltimore311 --rejects rejects.csv`
    """
    from casehub.exchange import commands as exchange

    left_out: list[exchange.Rejected] = []
    # To look for cycles among a hundred objects a row took a quarter of the time; there are next to none.
    gc.freeze()
    gc.set_threshold(100_000)

    async def work(engine: AsyncEngine, settings: Settings) -> Tally:
        said, clock = exchange.load_mapping(mapping), WallClock()
        if not await exchange.is_furnished(engine):
            await opening.furnish(engine, settings, clock)
        rows = islice(exchange.read_file(file, said), limit)
        records = exchange.read_records(rows, said, left_out.append)
        desk = open_desk(engine, settings, opening.home_of(settings))
        with progress() as shown:
            bar = shown.add_task(file.name, total=limit)
            tally = await exchange.import_records(
                engine, said, records, desk, reject=left_out.append, tell=lambda n: shown.advance(bar, n)
            )
        tally.rejected = len(left_out)
        async with engine.begin() as tx:
            await exchange.count_imported(tx, said, tally, clock.now())
        return tally

    tally = run(work)
    if rejects is not None:
        exchange.write_rejects(rejects, left_out)
    for line in tally.lines():
        typer.echo(line)


@app.command()
def replay(
    file: SourceFile,
    mapping: MappingName,
    admin_key: Annotated[str, typer.Option(envvar="CASEHUB_ADMIN_KEY", help="An administrator's API key.")],
    url: Annotated[str, typer.Option(help="Where the server listens.")] = "http://127.0.0.1:8000",
    limit: Limit = None,
) -> None:
    """Send the reports of a file through the API of a live server, and lead each to its real outcome, in order of time.

    The server must have a simulated clock: `casehub serve --simulated-clock 2014-01-01T00:00:00Z`. May be repeated:
    it goes on where it stopped.
    """
    from casehub.exchange import commands as exchange
    from casehub.exchange.relay import ReplayStopped, replay_records

    try:
        said = exchange.load_mapping(mapping)
        left_out: list[exchange.Rejected] = []
        rows = islice(exchange.read_file(file, said), limit)
        records = [*exchange.read_records(rows, said, left_out.append)]
        with progress() as shown:
            bar = shown.add_task("requests")
            compared = asyncio.run(
                replay_records(
                    said,
                    records,
                    url,
                    admin_key,
                    lambda done, of: shown.update(bar, completed=done, total=of),
                )
            )
    except (Problem, ReplayStopped) as error:
        raise fail(error) from None
    typer.echo(f"{len(records)} rows, {len(left_out)} rejected")
    for name, in_file, on_server in compared:
        typer.echo(f"{name}: {in_file} in the file, {on_server} on the server")
    if any(in_file != on_server for _, in_file, on_server in compared):
        raise fail("the server differs from the file")


@app.command()
def demo(
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    clearing: Annotated[
        bool, typer.Option("--clearing", help="Play 案件清零 first: 3,966 cases, visits, letters, a bulletin. A minute or two.")
    ] = False,
) -> None:  # fmt: skip
    """Make a small city with cases in every state, print its keys and some commands to try, and serve it.

    Examples: `casehub demo --port 8000`, `casehub demo --clearing`
    """
    from casehub.exchange.commands_clearing import play_once, tell_scene
    from casehub.exchange.demo import demo_settings, furnish_demo, tell_demo

    settings = demo_settings(read_settings(), "clearing" if clearing else "demo")
    at = settings.port if port is None else port
    address = f"http://{settings.host}:{at}"

    async def prepare(url: str) -> None:
        engine = make_engine(url, settings.schema_name, pool_size=4)
        try:
            keys = await furnish_demo(engine, settings, WallClock().now())
            async with engine.begin() as tx:
                lines = await tell_demo(tx, keys, address, WallClock().now())
            if clearing:
                with progress() as shown:
                    bar = shown.add_task("days played", total=None)
                    scene = await play_once(
                        engine,
                        settings,
                        WallClock().now(),
                        tell=lambda n, of: shown.update(bar, completed=n, total=of),
                    )
                lines += tell_scene(scene, keys, address)
            typer.echo("\n".join(lines))
        finally:
            await engine.dispose()

    _serve(settings, None, port, 1, WallClock(), prepare)
