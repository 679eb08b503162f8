"""The city of a simulation: areas, departments and people with invented names and regular codes."""

from dataclasses import dataclass
from typing import Any

from casehub.exchange.showcase import CORNER, TALL, WIDE, area_row, square
from casehub.people.actors import Role

#: Districts, sub-districts in each, communities in each, unit grids in each. Source: our choice.
DISTRICTS, SUBDISTRICTS, COMMUNITIES, GRIDS = 4, 3, 2, 4
#: So many departments of the first level have the others below them. Source: 0.4 S0d, "46 first-level units", scaled.
FIRST_LEVEL = 12
#: How many hold each post of the centre; collectors as in reference 10, 运城, the others our choice.
POSTS = {
    Role.COLLECTOR: 36, Role.ACCEPTOR: 8, Role.SHIFT_LEADER: 4, Role.DISPATCHER: 6, Role.EVALUATOR: 2,
}  # fmt: skip
_TITLES = {
    Role.COLLECTOR: "采集员", Role.ACCEPTOR: "受理员", Role.SHIFT_LEADER: "值班长", Role.DISPATCHER: "派遣员",
    Role.EVALUATOR: "考评员",
}  # fmt: skip
#: The kinds that departments of the first level have in turn. Source: 0.4 S0a, organisation kinds.
_KINDS = ("district_platform", "bureau", "utility", "firm")


@dataclass(frozen=True, slots=True)
class Grid:
    """A unit grid: its code, its sub-district, its middle."""

    area_code: str
    subdistrict: str
    middle: tuple[float, float]

    def spot(self, east: float, north: float) -> tuple[float, float]:
        """A point inside; both run from -1 to 1."""
        lon, lat = self.middle
        return round(lon + 0.45 * WIDE * east, 6), round(lat + 0.45 * TALL * north, 6)


def grids(region_code: str) -> list[Grid]:
    """All unit grids, a sub-district a stripe. Codes are built as real ones are. Source: reference 3.2."""
    districts = [one for n in range(1, 99) if (one := f"{region_code[:4]}{n:02d}") != region_code]
    found: list[Grid] = []
    for district in districts[:DISTRICTS]:
        for number in range(SUBDISTRICTS):
            subdistrict = f"{district}{number + 1:03d}"
            for place in range(COMMUNITIES * GRIDS):
                code = f"{subdistrict}{place // GRIDS + 1:03d}{place % GRIDS + 1:03d}"
                stripe = len(found) // (COMMUNITIES * GRIDS)
                middle = (round(CORNER[0] + stripe * WIDE, 6), round(CORNER[1] + place * TALL, 6))
                found.append(Grid(code, subdistrict, middle))
    return found


def area_rows(region_code: str) -> list[dict[str, Any]]:
    """The city, and every area down to the unit grids."""
    rows = {region_code: area_row(region_code, "模拟市", "city", None)}
    for one in grids(region_code):
        code, names = one.area_code, [f"{int(n)}" for n in (one.area_code[4:6], one.area_code[6:9])]
        district, subdistrict, community = code[:6], code[:9], code[:12]
        rows[district] = area_row(district, f"模拟{names[0]}区", "district", region_code)
        above = f"模拟{names[0]}区{names[1]}街道"
        rows[subdistrict] = area_row(subdistrict, above, "subdistrict", district)
        rows[community] = area_row(community, f"{above}{int(code[9:12])}社区", "community", subdistrict)
        grid = area_row(code, f"{above}{int(code[9:12])}社区{int(code[12:])}号网格", "unit_grid", community)
        rows[code] = grid | {"geometry": square(one.middle)}
    return [*rows.values()]


def department_rows(count: int) -> list[dict[str, Any]]:
    """Departments in a tree of two levels; those above come first."""
    rows = []
    for number in range(count):
        above = None if number < FIRST_LEVEL else f"sim_{number % FIRST_LEVEL + 1:03d}"
        kind = _KINDS[number % len(_KINDS)] if above is None else "squad"
        name = f"模拟{number + 1}号{'单位' if above is None else '中队'}"
        rows.append(
            {"department_code": f"sim_{number + 1:03d}", "name": name, "kind": kind, "parent_code": above}
        )
    return rows


def staff(role: Role) -> list[str]:
    """The numbers of those who hold a post of the centre."""
    return [f"sim_{role.value}_{number + 1:02d}" for number in range(POSTS[role])]


def clerk(department: str) -> str:
    """The number of the person who acts for a department."""
    return f"{department}_clerk"


def people_rows(departments: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Everybody, and the posts that they hold."""
    held: list[tuple[str, str, Role, str | None]] = [
        (person, f"模拟{_TITLES[role]}{place}", role, None)
        for role in POSTS
        for place, person in enumerate(staff(role), start=1)
    ]
    for row in department_rows(departments):
        code = row["department_code"]
        held.append((clerk(code), f"{row['name']}经办人", Role.DEPARTMENT, code))
    people = [
        {"person_no": person, "name": name, "department_code": department, "active": True}
        for person, name, _, department in held
    ]
    posts = [
        {"person_no": person, "role": role, "area_code": None, "department_code": department}
        for person, _, role, department in held
    ]
    return people, posts
