"""A generated city as the folder that `casehub city load` takes: grids in squares, side by side."""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

#: South-west corner of the first city, and the side of a grid in degrees: about 100 metres.
WEST, SOUTH, SIDE = 113.0, 33.0, 0.001
#: Grids in a community: codes have three digits for them.
MOST = 900


def write_csv(path: Path, head: str, rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([head.split(","), *rows])


def box(left: float, low: float, right: float, high: float, south: float = SOUTH) -> dict[str, Any]:
    """A rectangle, in sides of a grid from the south-west corner."""
    west, east, south, north = (
        WEST + left * SIDE,
        WEST + right * SIDE,
        south + low * SIDE,
        south + high * SIDE,
    )
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [[[round(x, 6), round(y, 6)] for x, y in ring]]}


def square(column: int, row: int, south: float = SOUTH) -> dict[str, Any]:
    return box(column, row, column + 1, row + 1, south)


def point(place: int, wide: int, south: float = SOUTH) -> tuple[float, float]:
    """The middle of a grid."""
    return round(WEST + (place % wide + 0.5) * SIDE, 7), round(south + (place // wide + 0.5) * SIDE, 7)


def grid_code(region: str, place: int) -> str:
    return f"{region}001{place // MOST + 1:03d}{place % MOST + 1:03d}"


def write_city(folder: Path, region: str = "410401", *, wide: int = 4, components: int = 10) -> Path:
    """A city of `wide` times `wide` grids; (folder)."""
    folder.mkdir(parents=True, exist_ok=True)
    places = range(wide * wide)
    communities = dict.fromkeys(grid_code(region, place)[:12] for place in places)
    write_csv(folder / "areas.csv", "area_code,name,kind,parent_code,time_class,groups", [
        # In no order: parents may come later.
        *((code, f"社区{code[9:]}", "community", f"{region}001", "", "duty1;ring_road") for code in communities),
        (f"{region}001", "一街道", "subdistrict", region, "", ""), (region, f"市{region}", "city", "", "B", ""),
        ("duty1", "一号责任网格", "duty_grid", region, "", ""), ("ring_road", "环路", "road", region, "", ""),
    ])  # fmt: skip
    features = [
        {
            "type": "Feature", "geometry": square(place % wide, place // wide),
            "properties": {
                "area_code": grid_code(region, place), "name": f"网格{place}", "kind": "unit_grid",
                "parent_code": grid_code(region, place)[:12], "OBJECTID": place,
            },
        }
        for place in places
    ]  # fmt: skip
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    (folder / "areas.geojson").write_text(text, encoding="utf-8")
    write_csv(folder / "departments.csv", "department_code,name,kind,parent_code", [
        ("squad_1", "一中队", "squad", "bureau_1"), ("team_1", "一组", "squad", "squad_1"), ("bureau_1", "城管局", "bureau", ""),
        ("firm_1", "路灯公司", "firm", ""),
    ])  # fmt: skip
    write_csv(folder / "people.csv", "person_no,name,department_code,active", [
        ("chief_1", "网格长甲", "", "true"), ("worker_1", "工人乙", "squad_1", "false"),
    ])  # fmt: skip
    write_csv(folder / "posts.csv", "person_no,role,area_code,department_code,valid_from,valid_to", [
        ("chief_1", "acceptor", "duty1", "", "", ""), ("chief_1", "collector", "", "", "2024-05-01", "2024-05-31"),
        ("worker_1", "handler", "", "squad_1", "", ""),
    ])  # fmt: skip
    write_csv(folder / "shifts.csv", "person_no,area_code,begins_at,ends_at,standing", [
        ("chief_1", "duty1", "2024-05-06 08:00", "2024-05-06 17:00", ""), ("chief_1", "duty1", "2024-05-01", "", "yes"),
    ])  # fmt: skip
    write_csv(folder / "duty.csv", "department,kind,major,code,area,owner,co_departments,basis,auto", [
        ("bureau_1", "component", "", "0101", "", "bureau_1", "firm_1;squad_1", "管理办法第八条", "yes"),
        ("squad_1", "event", "", "0102", "duty1", "", "", "", "no"),
    ])  # fmt: skip
    write_csv(
        folder / "components.csv", "component_code,category,lon,lat,owner_unit,care_unit,state,origin",
        (
            (f"{region}0101{place + 1:06d}", "0101", *point(place % len(places), wide), "bureau_1", "firm_1", "完好", "census")
            for place in range(components)
        ),
    )  # fmt: skip
    write_csv(folder / "permits.csv", "permit_code,holder,categories,area_code,valid_from,valid_to,hours", [
        ("P1", "夜市管理处", "0501;0502", "ring_road", "2024-05-01", "2024-12-31", "17:00-21:00"),
    ])  # fmt: skip
    write_csv(folder / "chiefs.csv", "area_code,duty,person_no,valid_from,valid_to", [
        ("duty1", "grid_chief", "chief_1", "2024-01-01", ""), ("ring_road", "road_chief", "chief_1", "", ""),
    ])  # fmt: skip
    return folder
