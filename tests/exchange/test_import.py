"""Real files of other cities, taken over as cases with histories."""

import csv
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from asyncpg import CheckViolationError
from tests.cast import DATA_KEY, City, Desk
from tests.receiver import add_webhook, deliveries

from casehub.cases.commands import audit, open_desk
from casehub.clock import WallClock
from casehub.exchange import commands as exchange
from casehub.exchange.commands import FileUnreadable, Rejected
from casehub.exchange.histories import Tally
from casehub.places.commands import add_areas
from casehub.storage.vault import Vault

DATA = Path(__file__).parents[3] / "shared" / "data"
HEADER = "ServiceRequestNum,SRType,Agency,CreatedDate,DueDate,CloseDate,SRStatus,Latitude,Longitude"


def data_set(name: str) -> Path:
    file = DATA / name
    if not file.is_file():
        pytest.skip(f"the data set {name} is not beside this checkout")
    return file


@dataclass
class Taken:
    tally: Tally
    rejected: list[Rejected] = field(default_factory=list)


async def take(city: City, file: Path, name: str, limit: int | None = None) -> Taken:
    """What an import of the file comes to."""
    mapping, rejected = exchange.load_mapping(name), list[Rejected]()
    rows = islice(exchange.read_file(file, mapping), limit)
    tally = await exchange.import_records(
        city.engine,
        mapping,
        exchange.read_records(rows, mapping, rejected.append),
        open_desk(city.engine, city.settings, Path()),
        reject=rejected.append,
        tell=lambda _: None,
    )
    async with city.engine.begin() as tx:
        await exchange.count_imported(tx, mapping, tally, WallClock().now())
    return Taken(tally, rejected)


async def faults(city: City) -> tuple[int, list[tuple[str, str]]]:
    """How many cases were verified, and what is wrong with them."""
    last, seen, found = 0, 0, list[tuple[str, str]]()
    while True:
        async with city.engine.begin() as tx:
            last, count, wrong = await audit(tx, last)
        if not count:
            return seen, found
        seen, found = seen + count, found + wrong


def write_rows(file: Path, *rows: str) -> Path:
    file.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return file


async def test_baltimore_comes_over_whole_and_only_once(city: City) -> None:
    file = data_set("baltimore311_10k.csv")
    first = await take(city, file, "baltimore311")
    assert first.rejected == []
    assert (first.tally.imported, first.tally.already_there) == (10_000, 0)
    assert (first.tally.late, first.tally.rounded_points, first.tally.without_point) == (1567, 885, 590)
    assert first.tally.tagged == {"closed": 207, "handling": 8, "reported": 2}
    again = await take(city, file, "baltimore311")
    assert (again.tally.imported, again.tally.already_there, again.tally.late) == (0, 10_000, 1567)
    states = await city.sql("SELECT state, count(*) AS n FROM cases GROUP BY state")
    assert dict([tuple(one) for one in states]) == {"closed": 9792, "handling": 139, "reported": 69}
    numbers = await city.sql("SELECT sum(last_number) AS n FROM case_numbers")
    assert numbers[0].n == 10_000
    assert await faults(city) == (10_000, [])


async def test_messages_come_with_pseudonym_and_answer(city: City) -> None:
    taken = await take(city, data_set("citizen_messages_replies.xlsx"), "citizen_messages")
    assert taken.tally.imported == 2815
    [(line, reason, row)] = taken.rejected
    assert "2018/4/24" in reason
    assert row["留言编号"] == 27610
    assert line == 1141
    [one] = await city.sql(
        "SELECT r.sealed, c.marks ->> 'result' AS result, c.description FROM cases c"
        " JOIN case_reporters r USING (case_id) WHERE c.external_no = '2549'"
    )
    said = Vault(DATA_KEY, Path()).open(one.sealed)
    assert said == {"name": "A00045581", "telephone": None, "address": None}
    assert one.result.startswith("现将网友")
    assert one.description.startswith("A2区景蓉华苑物业管理有问题\n2019年4月以来")
    assert await faults(city) == (2815, [])


async def test_new_york_comes_over(city: City) -> None:
    taken = await take(city, data_set("nyc311_1000_2018.csv"), "nyc311")
    assert (taken.tally.imported, taken.tally.late, taken.rejected) == (1000, 52, [])


async def test_rows_that_cannot_be_read_are_left_out_with_line_and_reason(city: City, tmp_path: Path) -> None:
    file = write_rows(
        tmp_path / "some.csv",
        "1,SW-A,Solid Waste,01/02/2018 01:00:00 PM,,01/02/2018 02:00:00 PM,Closed,39,-77",
        "2,SW-A,Solid Waste,01/02/2018 01:00:00 PM,,01/01/2018 02:00:00 PM,Closed,,",
        ",SW-A,Solid Waste,01/02/2018 01:00:00 PM,,,Open,,",
        "1,SW-A,Solid Waste,01/02/2018 01:00:00 PM,,,Open,,",
        "3,SW-A,Solid Waste,soon,,,Open,,",
    )
    taken = await take(city, file, "baltimore311")
    assert taken.tally.imported == 1
    assert [line for line, _, _ in taken.rejected] == [3, 4, 5, 6]
    rejects = tmp_path / "rejects.csv"
    exchange.write_rejects(rejects, taken.rejected)
    with rejects.open(encoding="utf-8-sig", newline="") as opened:
        rows = [*csv.DictReader(opened)]
    assert rows[0]["reason"] == "CloseDate lies before CreatedDate"
    assert rows[2]["reason"] == "1 was on line 2 already"
    assert (rows[3]["line"], rows[3]["CreatedDate"]) == ("6", "soon")


async def test_a_case_has_its_events_and_tasks_at_the_times_of_the_source(city: City, tmp_path: Path) -> None:
    line = "1,SW-A,Solid Waste,01/02/2018 01:00:00 PM,01/02/2018 03:00:00 PM,01/02/2018 04:00:00 PM,Closed,,"
    await take(city, write_rows(tmp_path / "one.csv", line), "baltimore311")
    events = await city.sql("SELECT action, at FROM case_events ORDER BY seq")
    assert [(one.action, one.at.isoformat()) for one in events] == [
        ("report", "2018-01-02T18:00:00+00:00"),
        ("dispatch_directly", "2018-01-02T18:00:00+00:00"),
        ("conclude", "2018-01-02T21:00:00+00:00"),
    ]
    [task] = await city.sql("SELECT * FROM tasks WHERE kind = 'handle'")
    assert (task.department_code, task.due_at.hour, task.finished_at.hour) == ("solid_waste", 20, 21)
    [case] = await city.sql("SELECT * FROM cases")
    assert case.case_no.startswith("11010120180103")  # the day in the city's own zone
    assert (case.source, case.workflow, case.reported_by) == ("baltimore311", "hotline", "key:system")


async def test_a_batch_that_fails_ends_the_import_and_a_repeat_goes_on(city: City, tmp_path: Path) -> None:
    last = 3 * exchange.BATCH
    lines = [f"{number},SW-A,Solid Waste,01/02/2018 01:00:00 PM,,,Open,," for number in range(1, last + 1)]
    file = write_rows(tmp_path / "many.csv", *lines)
    broken = exchange.BATCH + 1
    await city.sql(f"ALTER TABLE cases ADD CONSTRAINT refused CHECK (external_no <> '{broken}')")
    with pytest.raises(CheckViolationError):
        await take(city, file, "baltimore311")
    assert await faults(city) == (exchange.BATCH, [])
    await city.sql("ALTER TABLE cases DROP CONSTRAINT refused")
    assert (await take(city, file, "baltimore311")).tally.imported == last - exchange.BATCH
    assert await faults(city) == (last, [])


async def test_a_file_without_the_columns_is_refused_in_words(city: City, tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(FileUnreadable, match="has no column Agency, CloseDate"):
        await take(city, file, "baltimore311")


async def test_a_department_that_the_city_knows_keeps_its_name(city: City, tmp_path: Path) -> None:
    line = "1,SW-A,D1,01/02/2018 01:00:00 PM,,,Open,,"
    await take(city, write_rows(tmp_path / "one.csv", line), "baltimore311")
    [row] = await city.sql("SELECT name FROM departments WHERE department_code = 'd1'")
    assert row.name == "d1 局"


async def test_webhooks_hear_nothing_of_an_import_and_everything_that_comes_after(
    city: City, client: Desk, tmp_path: Path
) -> None:
    webhook = await add_webhook(client, "http://127.0.0.1:9/")
    line = "1,SW-A,Solid Waste,01/02/2018 01:00:00 PM,,,Open,,"
    await take(city, write_rows(tmp_path / "one.csv", line), "baltimore311")
    assert (await city.counts())["deliveries"] == 0
    [(case_no,)] = await city.sql("SELECT case_no FROM cases")
    await client.act("dispatcher", case_no, "remind")
    (row,) = await deliveries(client, webhook)
    assert (row["case_no"], row["action"], row["seq"]) == (case_no, "remind", 3)


async def test_imported_cases_lie_in_the_grids_of_their_points_but_for_rounded_ones(
    city: City, tmp_path: Path
) -> None:
    community = "110101001001"
    areas: list[dict[str, Any]] = [
        {"area_code": "110101001", "name": "一街道", "kind": "subdistrict", "parent_code": "east"},
        {"area_code": community, "name": "一社区", "kind": "community", "parent_code": "110101001"},
        {"area_code": f"{community}001", "name": "一格", "kind": "unit_grid", "parent_code": community},
    ]
    ring = [[-78, 38], [-76, 38], [-76, 40], [-78, 40], [-78, 38]]
    areas = [one | {"geometry": None} for one in areas]
    areas[2]["geometry"] = {"type": "Polygon", "coordinates": [ring]}
    async with city.engine.begin() as tx:
        await add_areas(tx, areas)
    rows = [
        f"a-{number},Rats,Agency,01/02/2018 01:00:00 PM,,,Open,{where}"
        for number, where in enumerate(("39.3,-76.6", "39,-77", ",", "1,1"))
    ]
    taken = await take(city, write_rows(tmp_path / "requests.csv", *rows), "baltimore311")
    assert taken.tally.imported == 4
    told = await city.sql("SELECT external_no, area_code FROM cases ORDER BY external_no")
    assert [tuple(one) for one in told] == [
        ("a-0", f"{community}001"), ("a-1", None), ("a-2", None), ("a-3", None),
    ]  # fmt: skip
