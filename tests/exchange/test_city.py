"""`casehub city load`: a folder of files becomes the city, all of it or nothing."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.cast import City, drop, make_settings
from tests.conftest import MakeCity
from tests.exchange.imagined_city import box, grid_code, point, square, write_city, write_csv

from casehub import opening
from casehub.clock import WallClock
from casehub.exchange.city import CityLoad
from casehub.exchange.commands import FileUnreadable
from casehub.storage.engine import make_engine

REGION = "410401"
COUNTS = {
    "areas": 21,
    "departments": 4,
    "people": 2,
    "posts": 3,
    "shifts": 2,
    "duty": 2,
    "components": 10,
    "permits": 1,
    "chiefs": 2,
}


async def loaded(city: City, folder: Path) -> tuple[dict[str, tuple[int, int, int]], list[str], list[str]]:
    """What a load counts, what it finds wrong, and what it changes; kept when nothing was wrong."""
    lines: list[str] = []
    async with city.engine.connect() as tx, tx.begin() as all_or_nothing:
        load = CityLoad(tx, folder, at=city.clock.now(), tell=lines.append, advance=lambda _: None)
        await load.run()
        if load.faults:
            await all_or_nothing.rollback()
    tallies = {name: (one.added, one.changed, one.same) for name, one in load.tallies.items()}
    return tallies, [str(one) for one in load.faults], lines


async def test_a_folder_is_tried_loaded_and_loaded_again(make_city: MakeCity, tmp_path: Path) -> None:
    city = await make_city(cast=False)
    folder = str(write_city(tmp_path / "city"))
    before = await city.counts()
    code, said = await city.casehub("city", "load", folder, "--dry-run")
    assert code == 0, said
    assert f"+ areas {REGION} 市{REGION}" in said
    assert "+ permits P1 夜市管理处" in said
    assert "areas: 21 added, 0 changed, 0 as they were" in said
    assert "dry run: nothing was written" in said
    assert await city.counts() == before
    for place in (0, 2):
        code, said = await city.casehub("city", "load", folder)
        assert code == 0, said
        for name, count in COUNTS.items():
            told = (count, 0, 0) if place == 0 else (0, 0, count)
            assert f"{name}: {told[0]} added, {told[1]} changed, {told[2]} as they were" in said
    (grid,) = await city.sql("SELECT lies_in FROM areas WHERE area_code = :code", code=grid_code(REGION, 5))
    code = grid_code(REGION, 5)
    assert grid.lies_in == [code, code[:12], f"{REGION}001", REGION, "duty1", "ring_road"]
    (team,) = await city.sql("SELECT belongs_to FROM departments WHERE department_code = 'team_1'")
    assert team.belongs_to == ["team_1", "squad_1", "bureau_1"]
    placed = await city.sql("SELECT area_code FROM components ORDER BY component_code")
    assert [one.area_code for one in placed] == [grid_code(REGION, place) for place in range(10)]


async def test_every_fault_is_told_with_its_file_and_line_and_nothing_is_written(
    make_city: MakeCity, tmp_path: Path
) -> None:
    city = await make_city(cast=False)
    folder = write_city(tmp_path / "city")
    write_csv(folder / "departments.csv", "department_code,name,kind,parent_code", [
        ("a", "甲", "bureau", "b"), ("b", "乙", "bureau", "a"), ("c", "丙", "club", ""), ("d", "", "firm", "z"), ("b", "乙", "bureau", "a"),
    ])  # fmt: skip
    write_csv(folder / "people.csv", "person_no,name,department_code,active,phone", [
        ("p1", "甲", "nowhere", "perhaps", ""), ("p2", "乙", "nowhere", "", ""),
    ])  # fmt: skip
    write_csv(folder / "components.csv", "component_code,category,lon,lat,owner_unit,state", [
        ("123", "0101", 113, 33, "", "完好"), (f"{REGION}0102000001", "0101", 113, 33, "", "完好"),
        (f"{REGION}9901000001", "9901", 113, 33, "ghost", "完好"), (f"{REGION}0101000001", "0101", 513, 33, "", "很好"),
        (f"{REGION}0101000002", "0101", "", 33, "", "完好"),
    ])  # fmt: skip
    write_csv(folder / "permits.csv", "permit_code,holder,categories,area_code,lon,valid_from,valid_to,hours", [
        ("P1", "甲", "0501", "", "", "2024-05-01", "2024-04-01", "5-9"), ("P2", "", "x", "nowhere", "", "2024-05-01", "2024-05-02", ""),
    ])  # fmt: skip
    write_csv(folder / "chiefs.csv", "area_code,duty,person_no,valid_from,valid_to", [
        ("duty1", "grid chief", "p2", "", ""), ("duty9", "grid_chief", "nobody", "2024-05-02", "2024-05-01"),
    ])  # fmt: skip
    write_csv(folder / "posts.csv", "person_no,role,area_code,department_code,valid_from,valid_to", [
        ("p9", "collector", "nowhere", "ghost", "", ""), ("p2", "king", "", "", "", ""), ("p2", "department", "", "", "", ""),
        ("p2", "collector", "", "", "2024-05-03", "2024-05-02"), ("p2", "system", "", "", "", ""),
    ])  # fmt: skip
    write_csv(folder / "shifts.csv", "person_no,area_code,begins_at,ends_at", [
        ("p9", "ring_road", "2024-05-06 08:00", ""), ("p2", "nowhere", "2024-05-06 08:00", "2024-05-06 07:00"), ("p2", "duty1", "2024", ""),
    ])  # fmt: skip
    write_csv(folder / "duty.csv", "department,kind,code,area,owner,auto,valid_from,valid_to", [
        ("ghost", "", "", "nowhere", "ghost", "", "", ""), ("b", "", "0102", "", "", "", "", ""), ("b", "event", "x", "", "", "", "", ""),
        ("b", "event", "0102", "", "", "perhaps", "", ""), ("b", "event", "0103", "", "", "", "2024-05-02", "2024-05-01"),
        ("b", "event", "0104", "", "", "", "", ""), ("d", "event", "0104", "", "", "", "", ""),
    ])  # fmt: skip
    before = await city.counts()
    code, said = await city.casehub("city", "load", str(folder))
    assert code == 1
    assert await city.counts() == before
    for line in (
        "departments.csv:2: parent_code: 'a' would belong to itself", "departments.csv:3: parent_code: 'b' would",
        "departments.csv:4: kind: 'club'", "departments.csv:5: name: must be given (不能为空)",
        "departments.csv:5: parent_code: there is no department 'z'", "departments.csv:6: department_code: was at departments.csv:3",
        "people.csv:1: column: unknown column phone", "people.csv:2: active: 'perhaps'",
        "people.csv:3: department_code: there is no department 'nowhere'", "components.csv:2: component_code: '123'",
        "components.csv:3: category: ", "components.csv:4: owner_unit: there is no department 'ghost'",
        "components.csv:4: category: scheme cjt214_2007 has no class '9901'", "components.csv:5: lon: '513'",
        "components.csv:5: state: '很好'", "components.csv:6: lon: must be given", "permits.csv:2: area_code: give either an area",
        "permits.csv:2: valid_to: the first day", "permits.csv:2: hours: '5-9'", "permits.csv:3: holder: must be given",
        "permits.csv:3: area_code: there is no area 'nowhere'", "chiefs.csv:2: duty: 'grid chief'",
        "chiefs.csv:3: area_code: there is no area 'duty9'", "chiefs.csv:3: person_no: there is no person 'nobody'",
        "chiefs.csv:3: valid_to: the first day", "posts.csv:2: person_no: there is no person 'p9'",
        "posts.csv:2: area_code: there is no area 'nowhere'", "posts.csv:2: department_code: there is no department 'ghost'",
        "posts.csv:3: role: 'king'", "posts.csv:4: department: the role department needs", "posts.csv:5: valid_from: valid_from lies before",
        "posts.csv:6: roles: system is casehub itself", "shifts.csv:2: person_no: there is no person 'p9'",
        "shifts.csv:2: area_code: 'ring_road' is no duty grid", "shifts.csv:2: ends_at: say when", "shifts.csv:3: area_code: there is no area",
        "shifts.csv:3: ends_at: the shift ends before", "shifts.csv:4: begins_at: '2024'", "duty.csv:2: department: there is no department 'ghost'",
        "duty.csv:2: owner: there is no department 'ghost'", "duty.csv:2: area: there is no area 'nowhere'",
        "duty.csv:3: code: a class has a meaning", "duty.csv:4: code: cjt214_2007 has no event class 'x'",
        "duty.csv:5: auto: 'perhaps'", "duty.csv:6: valid_to: valid_to lies before", "duty.csv:8: department: row 7 is for the same",
    ):  # fmt: skip
        assert line in said, line
    assert f"46 faults in {folder}: nothing was changed" in " ".join(said.split())


def change(folder: Path, number: int, do: Callable[[dict[str, Any]], object]) -> None:
    """Spoil one feature of the map."""
    path = folder / "areas.geojson"
    document = json.loads(path.read_text(encoding="utf-8"))
    do(document["features"][number - 1])
    path.write_text(json.dumps(document), encoding="utf-8")


async def test_faults_of_the_map_are_told_by_the_number_of_the_feature(
    make_city: MakeCity, tmp_path: Path
) -> None:
    city = await make_city(cast=False)
    folder = write_city(tmp_path / "city")
    change(folder, 1, lambda one: one["properties"].update(area_code="41040100100"))
    change(folder, 2, lambda one: one["geometry"].update(type="Point"))
    change(
        folder, 3, lambda one: one["geometry"].update(coordinates=[[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]])
    )
    change(folder, 4, lambda one: one["properties"].update(kind="kiosk"))
    change(
        folder,
        5,
        lambda one: one["properties"].update(area_code=REGION, kind="district", parent_code=None, name=None),
    )
    change(folder, 6, lambda one: one["properties"].update(area_code=grid_code(REGION, 6)))
    change(folder, 8, lambda one: one["properties"].update(groups=["duty1", f"{REGION}001", "x"]))
    change(folder, 9, lambda one: one["properties"].update(kind="community"))
    _, faults, _ = await loaded(city, folder)
    for line in (
        "areas.geojson feature 1: area_code: '41040100100': the code of a unit grid", "feature 2: geometry: must be a GeoJSON",
        "feature 3: geometry: is not a sound polygon: Self-intersection", "feature 4: kind: 'kiosk'",
        "feature 5: kind: 'district', but areas.csv:4 says 'city'", "feature 7: area_code: was at areas.geojson feature 6 already",
        f"feature 8: groups: '{REGION}001' is no duty_grid", "feature 8: groups: there is no area 'x'",
        "feature 9: parent_code: a community can't lie below a community",
    ):  # fmt: skip
        assert any(line in one for one in faults), (line, faults)
    assert (await city.counts())["areas"] == 0


async def test_unit_grids_lie_in_their_community_and_not_on_each_other(
    make_city: MakeCity, tmp_path: Path
) -> None:
    city = await make_city(cast=False)
    folder = write_city(tmp_path / "city")
    first, second, third = (grid_code(REGION, place) for place in range(3))
    # A sliver of the first grid lies on the second, as neighbours that were drawn one by one do.
    change(folder, 1, lambda one: one.update(geometry=box(0, 0, 1.009, 1)))
    _, faults, _ = await loaded(city, folder)
    assert faults == []
    change(folder, 1, lambda one: one.update(geometry=box(0, 0, 1.02, 1)))
    change(folder, 3, lambda one: one.update(geometry=box(2, -1, 3, 0)))
    path = folder / "areas.geojson"
    document = json.loads(path.read_text(encoding="utf-8"))
    community = {"properties": {"area_code": first[:12]}, "geometry": box(0, 0, 4, 4)}
    path.write_text(json.dumps({"features": [*document["features"], community]}), encoding="utf-8")
    _, faults, _ = await loaded(city, folder)
    assert [one.partition(" (")[0] for one in faults] == [
        f"areas.geojson feature 3: geometry: {third} spills out of the polygon of {third[:12]}: redraw one of them",
        f"areas.geojson feature 1: geometry: {first} overlaps {second}: a point lies in one unit grid; redraw one of them",
    ]  # fmt: skip


async def test_a_community_is_not_redrawn_away_from_its_unit_grids(
    make_city: MakeCity, tmp_path: Path
) -> None:
    city = await make_city(cast=False)
    await loaded(city, write_city(tmp_path / "city"))
    second = tmp_path / "second"
    second.mkdir()
    features = [{"properties": {"area_code": f"{REGION}001001"}, "geometry": box(0, 0, 4, 3.5)}]
    (second / "areas.geojson").write_text(json.dumps({"features": features}), encoding="utf-8")
    _, faults, _ = await loaded(city, second)
    assert len(faults) == 4
    assert f"areas.geojson feature 1: geometry: {grid_code(REGION, 12)} spills out" in faults[0]


async def test_a_city_whose_map_is_wrong_already_may_still_rename_its_areas(
    make_city: MakeCity, tmp_path: Path
) -> None:
    city = await make_city(cast=False)
    folder = write_city(tmp_path / "city")
    await loaded(city, folder)
    first, second = (grid_code(REGION, place) for place in range(2))
    await city.sql(
        "UPDATE areas SET geometry = (SELECT geometry FROM areas WHERE area_code = :first) WHERE area_code = :second",
        first=first, second=second,
    )  # fmt: skip
    later = tmp_path / "later"
    later.mkdir()
    write_csv(later / "areas.csv", "area_code,name", [(first, "新名"), (second, "另名")])
    tallies, faults, _ = await loaded(city, later)
    assert (tallies, faults) == ({"areas": (0, 2, 0)}, [])


async def test_a_column_named_twice_and_cells_without_a_column_are_refused(
    town: City, tmp_path: Path
) -> None:
    write_csv(tmp_path / "people.csv", "person_no,name,name", [("p1", "甲", "乙")])
    write_csv(tmp_path / "departments.csv", "department_code,name,kind,", [
        ("a", "甲", "bureau", ""), ("b", "乙", "bureau", "", " "), ("c", "丙", "bureau", "", "城东,城西"), ("d", "丁", "bureau", "x"),
    ])  # fmt: skip
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["area_code", "name", "kind", None])
    sheet.append(["ring2", "二环", "road", 0])
    book.save(tmp_path / "areas.xlsx")
    _, faults, _ = await loaded(town, tmp_path)
    for place, line in enumerate((
        "areas.xlsx:2: beyond_header: 0: beyond", "departments.csv:4: beyond_header: 城东,城西: beyond the columns of the header",
        "departments.csv:5: beyond_header: x: beyond", "people.csv: file: people.csv:1 names the column name twice: leave one of them (文件表头列名重复",
    )):  # fmt: skip
        assert faults[place].startswith(line), faults
    assert len(faults) == 4


@pytest.mark.parametrize(("text", "word"), [
    ("{", "FeatureCollection"), ('{"type": "Feature"}', "FeatureCollection"), ('{"features": [1]}', "FeatureCollection"),
    ('{"features": [], "crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}}', "4547: convert it"),
])  # fmt: skip
async def test_a_map_that_is_none_or_in_metres_is_refused(
    town: City, tmp_path: Path, text: str, word: str
) -> None:
    (tmp_path / "areas.geojson").write_text(text, encoding="utf-8")
    _, faults, _ = await loaded(town, tmp_path)
    assert len(faults) == 1
    assert word in faults[0]


async def test_a_later_folder_changes_what_it_says_and_leaves_the_rest(
    make_city: MakeCity, tmp_path: Path
) -> None:
    city = await make_city(cast=False)
    await loaded(city, write_city(tmp_path / "city"))
    second = tmp_path / "second"
    second.mkdir()
    write_csv(second / "areas.csv", "area_code,name", [(REGION, "新市"), (grid_code(REGION, 0), "网格0")])
    write_csv(second / "components.csv", "component_code,state", [(f"{REGION}0101000001", "丢失")])
    tallies, faults, lines = await loaded(city, second)
    assert (tallies, faults) == ({"areas": (0, 1, 1), "components": (0, 1, 0)}, [])
    assert lines == [
        f"~ areas {REGION} name: 市{REGION} -> 新市", f"~ components {REGION}0101000001 state: intact -> lost",
    ]  # fmt: skip
    (kept,) = await city.sql("SELECT time_class FROM areas WHERE area_code = :code", code=REGION)
    assert kept.time_class == "B", "a column that the file lacks stays"
    (kept,) = await city.sql(
        "SELECT lon, owner_unit, area_code FROM components WHERE component_code = :code",
        code=f"{REGION}0101000001",
    )
    assert tuple(kept) == (point(0, 4)[0], "bureau_1", grid_code(REGION, 0))


async def test_the_people_whom_a_file_names_have_its_posts_and_no_others(
    make_city: MakeCity, tmp_path: Path
) -> None:
    city = await make_city(cast=False)
    await loaded(city, write_city(tmp_path / "city"))
    held = (
        "SELECT person_no, role, area_code, department_code, valid_from, valid_to FROM posts ORDER BY post_id"
    )
    # The days are the city's own, the last one included.
    may = (
        "chief_1",
        "collector",
        None,
        None,
        datetime(2024, 4, 30, 16, tzinfo=UTC),
        datetime(2024, 5, 31, 16, tzinfo=UTC),
    )
    assert tuple((await city.sql(held))[1]) == may
    second = tmp_path / "second"
    second.mkdir()
    write_csv(second / "posts.csv", "person_no,role,department_code", [
        ("chief_1", "department", "bureau_1"), ("worker_1", "handler", "squad_1"),
    ])  # fmt: skip
    tallies, faults, lines = await loaded(city, second)
    assert (tallies, faults) == ({"posts": (1, 0, 1)}, [])
    assert lines == [
        "+ posts chief_1 department bureau_1", "- posts chief_1 acceptor duty1",
        "- posts chief_1 collector 2024-05-01 00:00:00+08:00 2024-06-01 00:00:00+08:00",
    ]  # fmt: skip
    assert {tuple(row)[:2] for row in await city.sql(held)} == {
        ("chief_1", "department"),
        ("worker_1", "handler"),
    }
    write_csv(second / "posts.csv", "person_no,role", [("worker_1", "handler")])
    code, said = await city.casehub("city", "load", str(second))
    assert code == 0
    assert "posts: 1 added, 0 changed, 0 as they were, 1 taken away" in said
    assert {tuple(row)[:2] for row in await city.sql(held)} == {
        ("chief_1", "department"),
        ("worker_1", "handler"),
    }


async def test_shifts_begin_by_the_clocks_of_the_city_in_any_kind_of_file(
    make_city: MakeCity, tmp_path: Path
) -> None:
    city = await make_city(cast=False)
    await loaded(city, write_city(tmp_path / "city"))
    stands = "SELECT ends_at FROM shifts WHERE begins_at = '2024-05-06T08:00:00+08:00'"
    assert [one.ends_at for one in await city.sql(stands)] == [datetime(2024, 5, 6, 9, tzinfo=UTC)]
    second = tmp_path / "second"
    second.mkdir()
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["person_no", "area_code", "begins_at", "ends_at"])
    morning = datetime(2024, 5, 6, 8)
    sheet.append(["chief_1", "duty1", morning, morning])
    book.save(second / "shifts.xlsx")
    # Called off, and told once.
    for expected in ({"shifts": (0, 1, 0)}, {"shifts": (0, 0, 1)}):
        tallies, faults, _ = await loaded(city, second)
        assert (tallies, faults) == (expected, [])
    assert [one.ends_at for one in await city.sql(stands)] == [datetime(2024, 5, 6, 0, tzinfo=UTC)]


async def test_a_folder_puts_a_whole_duty_list_into_force_once(make_city: MakeCity, tmp_path: Path) -> None:
    city = await make_city(cast=False)
    folder = write_city(tmp_path / "city")
    await loaded(city, folder)
    await loaded(city, folder)
    rows = await city.sql(
        "SELECT version, row_no, department, scheme, code, co_departments, auto FROM duty_rows"
    )
    assert [tuple(row) for row in rows] == [
        (1, 1, "bureau_1", "cjt214_2007", "0101", ["firm_1", "squad_1"], True),
        (1, 2, "squad_1", "cjt214_2007", "0102", [], False),
    ]  # fmt: skip
    second = tmp_path / "second"
    second.mkdir()
    write_csv(second / "duty.csv", "department,kind,code,area,auto", [
        ("squad_1", "event", "0102", "duty1", ""), ("bureau_1", "", "", REGION, ""),
    ])  # fmt: skip
    tallies, faults, lines = await loaded(city, second)
    assert (tallies, faults) == ({"duty": (1, 0, 1)}, [])
    assert lines == [
        f"+ duty bureau_1 {REGION}",
        "- duty bureau_1 cjt214_2007 component 0101 bureau_1 firm_1;squad_1 管理办法第八条 auto",
    ]  # fmt: skip
    listed = await city.sql("SELECT version, made_by, note FROM duty_lists ORDER BY version")
    assert [tuple(row) for row in listed] == [
        (1, "key:system", "casehub city load city"), (2, "key:system", "casehub city load second"),
    ]  # fmt: skip


async def test_components_move_with_the_grids_round_them(make_city: MakeCity, tmp_path: Path) -> None:
    city = await make_city(cast=False)
    await loaded(city, write_city(tmp_path / "city"))
    # The first two grids change places.
    second = tmp_path / "second"
    second.mkdir()
    features = [
        {"properties": {"area_code": grid_code(REGION, place)}, "geometry": square(1 - place, 0)}
        for place in (0, 1)
    ]
    (second / "areas.geojson").write_text(json.dumps({"features": features}), encoding="utf-8")
    tallies, faults, lines = await loaded(city, second)
    assert (tallies, faults) == ({"areas": (0, 2, 0)}, [])
    assert lines[0] == f"~ areas {grid_code(REGION, 0)} geometry"
    rows = await city.sql("SELECT area_code FROM components ORDER BY component_code LIMIT 3")
    assert [one.area_code for one in rows] == [grid_code(REGION, place) for place in (1, 0, 2)]


async def test_an_area_can_not_be_changed_away_from_above_what_lies_in_it(
    make_city: MakeCity, tmp_path: Path
) -> None:
    city = await make_city(cast=False)
    await loaded(city, write_city(tmp_path / "city"))
    second = tmp_path / "second"
    second.mkdir()
    # The first would lie below what lies below it.
    code = f"{REGION}001"
    for row in ((code, "unit_grid", f"{code}001"), ("duty1", "district", "")):
        write_csv(second / "areas.csv", "area_code,kind,parent_code", [row])
        _, faults, _ = await loaded(city, second)
        assert f"areas.csv:2: kind: {code}001 could not stay" in faults[-1] + faults[0], faults


async def test_a_spreadsheet_says_the_same_but_keeps_no_long_numbers(
    make_city: MakeCity, tmp_path: Path
) -> None:
    city = await make_city(cast=False)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["component_code", "category", "lon", "lat"])
    sheet.append([f"{REGION}0101000001", "0101", 113.5, 33])
    sheet.append([int(f"{REGION}0101000002"), "0101", 113.5, 33])
    book.save(tmp_path / "components.xlsx")
    _, faults, _ = await loaded(city, tmp_path)
    assert [one.partition(" (")[0] for one in faults] == [
        "components.xlsx:3: component_code: written as a number, of which a spreadsheet keeps 15 digits: make the column text"
    ]
    sheet.delete_rows(3)
    book.save(tmp_path / "components.xlsx")
    assert (await loaded(city, tmp_path))[0] == {"components": (1, 0, 0)}
    write_csv(tmp_path / "components.csv", "component_code", [])
    assert "components.csv is there too" in (await loaded(city, tmp_path))[1][0]


async def test_a_folder_without_any_of_the_files_is_refused(town: City, tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="none of these"):
        await loaded(town, tmp_path)


async def test_a_file_that_can_not_be_read_is_a_fault_like_others(town: City, tmp_path: Path) -> None:
    write_csv(tmp_path / "people.csv", "name", [("甲",)])
    (tmp_path / "departments.csv").write_bytes("department_code,name,kind\nd,环卫,firm\n".encode("gbk"))
    _, faults, _ = await loaded(town, tmp_path)
    assert [one.partition(" (")[0] for one in faults] == [
        "departments.csv: file: departments.csv is not in UTF-8: save it as CSV UTF-8",
        "people.csv: file: people.csv has no column person_no",
    ]


async def test_a_province_of_seventeen_cities_loads_with_a_loop(embedded_url: str, tmp_path: Path) -> None:
    made: list[City] = []
    try:
        for number in range(1, 18):
            region = f"4104{number:02d}"
            schema, clock = f"province_{region}", WallClock()
            engine = make_engine(embedded_url, schema, pool_size=1)
            city = City(embedded_url, schema, engine, make_settings(schema), clock)
            made.append(city)
            await drop(city)
            await opening.migrate(engine, schema)
            await opening.furnish(engine, city.settings, clock)
            tallies, faults, _ = await loaded(city, write_city(tmp_path / region, region))
            assert (tallies, faults) == ({name: (count, 0, 0) for name, count in COUNTS.items()}, [])
        for city in made:
            (named,) = await city.sql("SELECT area_code FROM areas WHERE kind = 'city'")
            assert f"province_{named.area_code}" == city.schema
    finally:
        for city in made:
            await drop(city)
