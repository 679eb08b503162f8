"""What the demo city is made of: invented places and people, and the ways that its cases went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from casehub.catalogue.standard import SCHEMES
from casehub.departments.duty import DutyRow
from casehub.people.actors import Role

_DEFAULT_SCHEME = next(iter(SCHEMES))
Form = dict[str, Any]
#: Role, action, form.
Step = tuple[str, str, Form]
Steps = tuple[Step, ...]

#: The two districts of the city: how codes and names say them.
_SIDES = (("east", "东"), ("west", "西"))
#: Communities side by side, and grids in each.
_STRIPS = 8
#: The middle of the first grid of the invented city, and the size of a grid in degrees.
CORNER, WIDE, TALL = (113.19, 33.77), 0.004, 0.003

#: code, name, kind, parent. Two levels: platforms and bureaus, and the units below them.
DEPARTMENTS: tuple[tuple[str, str, str, str | None], ...] = (
    ("demo_east", "示例东区平台", "district_platform", None),
    ("demo_urban", "示例城管局", "bureau", None),
    ("demo_squad", "示例执法中队", "squad", "demo_urban"),
    ("demo_clean", "示例环卫公司", "firm", "demo_urban"),
    ("demo_water", "示例水务公司", "utility", None),
    ("demo_traffic", "示例交通局", "bureau", None),
)

#: role -> person_no, name, department. The key of each role belongs to this person.
PEOPLE: dict[Role, tuple[str, str, str | None]] = {
    Role.COLLECTOR: ("demo_c1", "示例采集员", None),
    Role.ACCEPTOR: ("demo_a1", "示例受理员", None),
    Role.SHIFT_LEADER: ("demo_s1", "示例值班长", None),
    Role.DISPATCHER: ("demo_p1", "示例派遣员", None),
    Role.DEPARTMENT: ("demo_h1", "示例处置人", "demo_clean"),
    Role.HANDLER: ("demo_w1", "示例作业人员", "demo_clean"),
    Role.EVALUATOR: ("demo_e1", "示例考评员", None),
    Role.ADMINISTRATOR: ("demo_m1", "示例管理员", None),
    Role.SECURITY: ("demo_k1", "示例安全管理员", None),
    Role.AUDITOR: ("demo_u1", "示例审计员", None),
}


@dataclass(frozen=True, slots=True)
class Matter:
    """A class of the default scheme: who deals with it, a plausible report, and the word that finds a real one."""

    code: str
    department: str
    sentence: str
    word: str


MATTERS = (
    Matter("0102", "demo_clean", "路口垃圾桶满溢，垃圾散落一地。", "垃圾"),
    Matter("0110", "demo_traffic", "慢车道有一处坑洞，雨天积水看不清。", "路面"),
    Matter("0101", "demo_squad", "楼顶搭建铁皮房，邻居反映遮挡采光。", "违建"),
    Matter("0116", "demo_urban", "烧烤店油烟直排，楼上住户不敢开窗。", "油烟"),
    Matter("0201", "demo_clean", "单元门和电线杆上贴满小广告。", "广告"),
    Matter("0301", "demo_urban", "工地夜里十二点还在打桩，影响休息。", "施工"),
    Matter("0404", "demo_water", "下水道堵塞，污水漫上人行道。", "下水道"),
    Matter("0406", "demo_water", "雨后道路积水，行人无法通过。", "积水"),
    Matter("0501", "demo_squad", "流动摊贩占道经营，早高峰通行困难。", "摊贩"),
    Matter("0505", "demo_traffic", "消防通道停满机动车。", "停车"),
)

#: The duty list: who deals with each matter. The last row goes by itself; the example city has limits for its class.
DUTY = (
    *(
        DutyRow(number, one.department, _DEFAULT_SCHEME, "event", code=one.code, basis="示例：部门三定方案")
        for number, one in enumerate(MATTERS, start=1)
    ),
    DutyRow(
        len(MATTERS) + 1,
        "demo_urban",
        "gbt30428_2_2013",
        "event",
        code="0102",
        basis="示例：市容条例",
        auto=True,
    ),
)

_VERIFY: Step = ("acceptor", "send_verify", {"collector": "@collector"})
_PROPOSE: Step = ("acceptor", "propose_filing", {})
_FILED: Steps = (_PROPOSE, ("shift_leader", "file", {}))
# To whom, the duty list says.
_DISPATCHED: Steps = (*_FILED, ("dispatcher", "dispatch", {"limit": "@limit"}))
_HANDLING: Steps = (*_DISPATCHED, ("department", "sign_in", {}))
_HANDLED: Steps = (
    *_HANDLING,
    ("department", "feedback", {"result": "已到现场处置完毕。", "photos": "@after"}),
)
_CHECKING: Steps = (*_HANDLED, ("acceptor", "send_check", {"collector": "@collector"}))
_CHECKED: Steps = (*_CHECKING, ("collector", "check_done", {"result": "pass", "photos": "@near"}))
_REASON = {"reason": "示例：重复录入。"}

#: state -> the steps that lead there after the report.
WAYS: dict[str, Steps] = {
    "reported": (),
    "verifying": (_VERIFY,),
    "pending_filing": (_PROPOSE,),
    "filed": _FILED,
    "dispatched": _DISPATCHED,
    "handling": _HANDLING,
    "suspended": (
        *_HANDLING,
        ("department", "request_suspension", {"until": "@until", "reason": "等待配件到货。"}),
        ("dispatcher", "suspend", {}),
    ),
    "handled": _HANDLED,
    "checking": _CHECKING,
    "pending_close": _CHECKED,
    "closed": (*_CHECKED, ("shift_leader", "close", {"closing_condition_met": True})),
    "self_handled": (),
    "not_accepted": (("acceptor", "refuse", {"reason": "not_in_scope"}),),
    "not_filed": (_PROPOSE, ("shift_leader", "decline_filing", {"reason": "示例：未达立案条件。"})),
    "voided": (("acceptor", "propose_void", _REASON), ("shift_leader", "void", _REASON)),
    "merged": (("acceptor", "merge", {"target": "@first"}),),
    "transferred": (
        ("acceptor", "transfer_out", {"platform": "示例：省级平台", "opinion": "示例：属省级事项。"}),
    ),
}

#: How many cases end in each state; the first one reported is what the merged one is merged into.
COUNTS = {
    "reported": 6, "verifying": 3, "pending_filing": 3, "filed": 4, "dispatched": 5, "handling": 9, "suspended": 2,
    "handled": 4, "checking": 3, "pending_close": 3, "closed": 10, "self_handled": 2, "not_accepted": 1,
    "not_filed": 1, "voided": 2, "merged": 1, "transferred": 1,
}  # fmt: skip

#: Between two steps of a case.
STEP = timedelta(minutes=2)
#: Since the last step, and the handling limit: green, yellow and red, whatever the working hours.
_AGES = (
    (timedelta(minutes=3), "5 natural_day"),
    (timedelta(minutes=13), "20 urgent_minute"),
    (timedelta(hours=30), "4 urgent_hour"),
    (timedelta(days=3), "10 natural_day"),
)


@dataclass(frozen=True, slots=True)
class Story:
    """One case of the demo: what it is about, and how far it has come since when."""

    place: int
    state: str
    matter: Matter
    text: str
    since: timedelta
    limit: str

    @property
    def began(self) -> timedelta:
        """How long ago it was reported."""
        return self.since + STEP * len(WAYS[self.state])


def stories(real: Mapping[str, Sequence[str]]) -> list[Story]:
    """All cases of the demo; `real` holds descriptions by the code of a class, used before the invented ones."""
    states = [state for state, count in COUNTS.items() for _ in range(count)]
    told = []
    for place, state in enumerate(states):
        matter = MATTERS[0] if state == "merged" else MATTERS[place % len(MATTERS)]
        texts = real.get(matter.code) or [matter.sentence]
        since, limit = _AGES[place % len(_AGES)]
        told.append(Story(place, state, matter, texts[place // len(MATTERS) % len(texts)], since, limit))
    return told


def area_rows(region_code: str) -> list[dict[str, Any]]:
    """A city of two districts, four sub-districts and eight communities of eight unit grids each, and two duty grids.

    A community is a strip from south to north; each case lies in the middle of a grid. Codes are built as real ones are:
    6 digits of the district, 3 of the sub-district, 3 of the community, 3 of the grid. Source: reference 3.2.
    """
    rows = [area_row(region_code, "示例市", "city", None)]
    rows += [
        area_row(f"duty_{side}", f"示例{name}区责任网格", "duty_grid", region_code) for side, name in _SIDES
    ]
    districts = [code for n in (2, 3, 4) if (code := f"{region_code[:4]}{n:02d}") != region_code]
    for strip in range(_STRIPS):
        side, name = _SIDES[strip // 4]
        district = districts[strip // 4]
        subdistrict = f"{district}{strip // 2 % 2 + 1:03d}"
        community = f"{subdistrict}{strip % 2 + 1:03d}"
        above = [f"示例{name}区", f"{'甲乙'[strip // 2 % 2]}街道", f"{'甲乙'[strip % 2]}社区"]
        rows.append(area_row(district, above[0], "district", region_code))
        rows.append(area_row(subdistrict, "".join(above[:2]), "subdistrict", district))
        rows.append(area_row(community, "".join(above), "community", subdistrict, groups=[f"duty_{side}"]))
        for number in range(_STRIPS):
            grid = area_row(
                f"{community}{number + 1:03d}", f"{''.join(above)}{number + 1}号网格", "unit_grid", community
            )
            rows.append(grid | {"geometry": square(spot(strip + number * _STRIPS))})
    return [*{row["area_code"]: row for row in rows}.values()]


def area_row(
    code: str, name: str, kind: str, parent: str | None, groups: Sequence[str] = ()
) -> dict[str, Any]:
    """An area without a polygon."""
    return {
        "area_code": code, "name": name, "kind": kind, "parent_code": parent, "groups": list(groups), "geometry": None,
    }  # fmt: skip


def spot(place: int) -> tuple[float, float]:
    """Where the case of this place was seen: the middle of a grid."""
    lon, lat = CORNER
    return round(lon + place % _STRIPS * WIDE, 6), round(lat + place // _STRIPS * TALL, 6)


def square(middle: tuple[float, float]) -> dict[str, Any]:
    """The polygon of a unit grid round its middle."""
    (lon, lat), wide, tall = middle, WIDE / 2, TALL / 2
    ring = [
        [round(lon + x * wide, 6), round(lat + y * tall, 6)]
        for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    ]
    return {"type": "Polygon", "coordinates": [ring]}
