"""Real reports sent through the API of a server in a process of its own."""

from pathlib import Path

import httpx
import pytest
from tests.cast import ADMIN_KEY
from tests.conftest import Served

from casehub.exchange.commands import load_mapping, read_file, read_records
from casehub.exchange.relay import ReplayStopped, replay_records
from casehub.exchange.rows import Record

FILE = Path(__file__).parents[3] / "shared" / "data" / "baltimore311_10k.csv"
BALTIMORE = load_mapping("baltimore311")


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """60 rows: some late, some open, some new, some tagged as duplicates."""
    if not FILE.is_file():
        pytest.skip(f"the data set {FILE.name} is not beside this checkout")
    told = [*read_records(read_file(FILE, BALTIMORE), BALTIMORE, lambda _: None)]
    late = [one for one in told if one.late][:10]
    opened = [one for one in told if one.outcome == "handling"][:8]
    fresh = [one for one in told if one.outcome == "reported"][:6]
    chosen = {one.line: one for one in (*late, *opened, *fresh)}
    chosen |= {one.line: one for one in told[: 60 - len(chosen)] if one.line not in chosen}
    return [*chosen.values()]


def silent(_done: int, _total: int) -> None:
    """Nobody watches."""


class Interrupted(Exception):  # noqa: N818 - it says what happened
    """Somebody pressed Ctrl-C."""


async def test_a_replay_that_was_stopped_goes_on_where_it_stopped(
    served: Served, records: list[Record]
) -> None:
    def stop(done: int, _total: int) -> None:
        if done == 50:
            raise Interrupted

    heard: list[int] = []
    await served.start("--simulated-clock", "2014-01-01T00:00:00Z")
    with pytest.raises(Interrupted):
        await replay_records(BALTIMORE, records, served.base, ADMIN_KEY, stop)
    for starts_at in (50, None):
        compared = await replay_records(
            BALTIMORE, records, served.base, ADMIN_KEY, lambda done, _: heard.append(done)
        )
        assert all(said == found for _, said, found in compared), compared
        assert heard[0] == (starts_at or heard[-1])
        heard.clear()


async def test_sixty_rows_agree_with_the_file(served: Served, records: list[Record]) -> None:
    await served.start("--simulated-clock", "2014-01-01T00:00:00Z")
    compared = {
        name: (said, found)
        for name, said, found in await replay_records(BALTIMORE, records, served.base, ADMIN_KEY, silent)
    }
    assert all(said == found for said, found in compared.values()), compared
    assert compared["late"][0] >= 10
    assert compared["handling"][0] >= 8
    assert compared["reported"][0] >= 6


async def test_a_server_with_a_real_clock_is_left_alone(served: Served, records: list[Record]) -> None:
    await served.start()
    with pytest.raises(ReplayStopped, match="casehub serve --simulated-clock"):
        await replay_records(BALTIMORE, records, served.base, ADMIN_KEY, silent)
    async with httpx.AsyncClient(base_url=served.base) as http:
        answer = await http.get("/v1/cases", headers={"Authorization": f"Bearer {ADMIN_KEY}"})
    assert answer.json()["items"] == []
