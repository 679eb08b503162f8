"""A month of a middle-sized city, imagined: as large as bulletins are printed, with the check figures of 平顶山."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from casehub.bulletins.asked import asked_of
from casehub.bulletins.bulletin import Bulletin
from casehub.bulletins.content import Drawing, content_of
from casehub.bulletins.definition import Definition, formula_of, read_definition
from casehub.campaigns.figures import Item
from casehub.campaigns.figures import figures as campaign_figures
from casehub.campaigns.rules import Campaign, State
from casehub.campaigns.standing import Newcomers, standing
from casehub.deadlines.calendar import Calendar
from casehub.events.chain import canonical
from casehub.letters.figures import Fact, Period
from casehub.letters.figures import figures as letter_figures
from casehub.rates.answers import Answer, Figures, Key
from casehub.rates.asking import Days
from casehub.rates.counts import COUNTS
from casehub.rates.questions import Question

CITY = ZoneInfo("Asia/Shanghai")
JUNE = Days(date(2023, 6, 1), date(2023, 7, 1))
DISTRICTS = [
    "新华区",
    "卫东区",
    "湛河区",
    "石龙区",
    "宝丰县",
    "叶县",
    "鲁山县",
    "郏县",
    "舞钢市",
    "汝州市",
    "高新区",
    "城乡一体化示范区",
]
UNITS = ["市执法支队一大队", "市执法支队二大队", "市政工程处", "园林绿化中心", "环境卫生管理处", "供水公司", "燃气公司", "热力公司", "供电公司", "通信公司", "广电网络分公司", "公交公司"]  # fmt: skip
SAID: dict[str, Any] = {
    "bulletin": "monthly", "title": "城市管理运行情况月度通报", "title_en": "Monthly bulletin of city management",
    "rhythm": "month", "issuer": "城市管理局", "issuer_en": "City Management Bureau", "basis": "本市城市管理考核办法",
    "basis_en": "the city's evaluation measures",
    "indicators": ["reports", "filed", "should_close", "closing_rate", "on_time_closing_rate", "overdue_open", "rework_rate"],
    "groups": [
        {"title": "各区县", "title_en": "Districts", "by": "district"},
        {"title": "责任单位", "title_en": "Units", "by": "unit"},
    ],
    "ranking": {"indicator": "on_time_closing_rate", "minimum": {"count": "should_close", "at_least": 10}},
    "sections": [
        "overview", "check", "comparison", "groups", "ranking", "classes", "hazards", "channels", "special", "overdue", "letters",
        "campaigns",
    ],
}  # fmt: skip
CLASSES = {
    "01": "市容环境",
    "02": "宣传广告",
    "03": "施工管理",
    "04": "街面秩序",
    "05": "突发事件",
    "06": "公用设施",
    "07": "道路交通",
    "08": "园林绿化",
    "09": "其他设施",
}
HAZARDS = {"0503": "井盖缺损", "0504": "污水冒溢", "0501": "路面塌陷", "0502": "自来水管破裂"}
CHANNELS = {"collector": 8000, "public": 25, "hotline": 1100, "leader": 60, "video": 640, "street_bell": 3}


def counts(size: int, place: int = 0) -> dict[str, int]:
    """Counts that hang together, for a unit of this size."""
    plain = {one.name: 0 for one in COUNTS}
    closed = size - size * (place % 7) // 40
    return plain | {
        "reports": size + size // 9, "filed": size, "should_close": size, "closed": closed, "on_time_closed": closed - place % 5 * size // 50,
        "handled": closed, "reworked_cases": size // 90, "urgent_should_close": size // 30, "difficult": size // 200,
        "dispatched": size + 3, "returned": size // 40, "returns_reviewed": size // 45, "valid_reports": size, "missed": 7,
        "self_handled": size // 3, "public_reports": 25, "urgent": size // 31, "overdue_open": size - closed,
    }  # fmt: skip


def figures(said: Mapping[str, int]) -> Figures:
    return Figures(dict(said), {})


def answer(question: Question, rows: Mapping[tuple[str, str], Mapping[str, int]], **total: int) -> Answer:
    """An answer with these rows, by (code, name), and a total."""
    found = {
        (Key(code, name, ((question.by[0], code),)),): figures(said) for (code, name), said in rows.items()
    }
    return Answer(question, found, figures(counts(9_828) | total))


def letters() -> dict[str, Any]:
    """Letters of June to the first six units; the third answers none, the fourth late."""
    steps = {
        "reminder_notice": ("催办通知书", "Reminder notice"),
        "supervision_letter": ("督办函", "Supervision letter"),
    }
    facts = [Fact("sent", "reminder_notice", f"u{place:02}", None, 40 - 5 * place, 0) for place in range(6)]
    for place in range(6):
        came = {2: ("escalated", "unanswered"), 3: ("answered_late",)}.get(place, ("answered_on_time",))
        facts += [
            Fact(what, "supervision_letter", f"u{place:02}", 6, 1, 100) for what in ("drafted", "sent", *came)
        ]
    begins = datetime(2023, 5, 31, 16, tzinfo=UTC)
    told = letter_figures(facts, Period(begins, datetime(2023, 6, 30, 16, tzinfo=UTC)))
    for row in told["steps"]:
        row["name"], row["name_en"] = steps[row["code"]]
    for row in told["units"]:
        row["name"] = UNITS[int(row["code"][1:])]
    for row in told["rounds"]:
        row |= {"name": "2023年第6期督办", "made_at": datetime(2023, 6, 12, 1, tzinfo=UTC)}
    return told


def campaign() -> dict[str, Any]:
    """The 3,966 cases of four paralysed platforms, of which 3,600 were closed. Source: reference 0.4, S0a."""
    frozen_at, on = datetime(2023, 6, 1, 1, tzinfo=UTC), date(2023, 7, 1)
    one = Campaign(
        1, "backlog", "疑难和长期超期案件清零行动", date(2023, 6, 1), date(2023, 7, 31), "e1", (), {}, (), {}, 30, State.RUNNING, "e1",
        frozen_at, "e1", None, frozen_at, None,
    )  # fmt: skip
    items = [
        Item(unit, state, ended, True, True, 2, 2 + (place > 2), None, date(2023, 6, 20), False, None, False, n)
        for place, unit in enumerate(("u10", "u11", "u06", "u00"))
        for state, ended, n in (("closed", date(2023, 6, 15), 900), ("voided", date(2023, 6, 16), place), ("suspended", None, 7), ("handling", None, 84))
    ]  # fmt: skip
    told = campaign_figures(items, [], frozen_on=date(2023, 6, 1), today=on)
    named = {**told, "units": [{**row, "name": UNITS[int(row["unit"][1:])]} for row in told["units"]]}
    at = datetime(2023, 6, 30, 16, 5, tzinfo=UTC)
    return standing(one, named, Newcomers(212, 31, at), JUNE, zone=CITY, at=at)


def drawing(said: Mapping[str, Any] = SAID, **city: int) -> Drawing:
    """What the month is drawn from; `city` are counts of the whole."""
    definition: Definition = read_definition(said)
    calendar = Calendar(zone="Asia/Shanghai")
    formula = None if definition.ranking is None else formula_of(definition.ranking, {})
    asked = asked_of(definition, JUNE, calendar.tz, formula)
    units = {
        "by district": {(f"q{place:02}", name): counts(1400 - 110 * place, place) for place, name in enumerate(DISTRICTS)},
        "by unit": {(f"u{place:02}", name): counts(4 if place == 7 else 620 - 40 * place, place + 2) for place, name in enumerate(UNITS)},
        "classes": {(f"s/event/{code}", name): counts(4000 // (int(code) ** 2)) for code, name in CLASSES.items()},
        "hazards": {(f"s/event/{code}", name): counts(0) | {"urgent": 140 // place} for place, (code, name) in enumerate(HAZARDS.items(), 1)},
        "channels": {(code, code): counts(0) | {"reports": n} for code, n in CHANNELS.items()},
    }  # fmt: skip
    checks = {
        "closed": 9_340,
        "on_time_closed": 9_021,
        "overdue_open": 12,
        "should_check": 16_521,
        "checked": 16_488,
        "on_time_checked": 16_463,
    } | city
    answers = {
        name: answer(
            one.question,
            units.get(name, {}),
            **checks
            | (
                {}
                if name == "city"
                else {"closed": 9_000, "on_time_closed": 8_700, "overdue_open": 20, "reports": 11_020}
            ),
        )
        for name, one in asked.items()
    }
    at = datetime(2023, 6, 30, 16, 5, tzinfo=UTC)
    overdue = [
        {"case_no": f"4104002023061{place:05}", "category": "暴露垃圾", "department": UNITS[place % 12], "area": DISTRICTS[place % 12], "due_at": datetime(2023, 6, 10 + place, 8, 30, tzinfo=UTC)}
        for place in range(12)
    ]  # fmt: skip
    names = [dict(units[f"by {group.by}"].keys()) for group in definition.groups]
    days = {"q00": {date(2023, 6, 22): 40, date(2023, 6, 21): 60}}
    return Drawing(
        definition,
        JUNE,
        at,
        calendar,
        formula,
        None,
        asked,
        answers,
        names,
        {"district": days, "unit": {}},
        overdue,
        letters(),
        [campaign()],
    )


def bulletin(said: Mapping[str, Any] = SAID, *, state: str = "published", **city: int) -> Bulletin:
    """The month as it was published on 3 July, no. 6 of the year, or what it was before and after."""
    text = canonical(content_of(drawing(said, **city)))
    numbered = state != "draft"
    return Bulletin(
        1, "monthly", JUNE.first, JUNE.end, state, 2, text, "", datetime(2023, 6, 30, 16, 5, tzinfo=UTC), "e1", 2023 if numbered else None,
        6 if numbered else None, datetime(2023, 7, 3, 1, tzinfo=UTC) if numbered else None, None, None, None,
        "数据有误" if state == "withdrawn" else None,
    )  # fmt: skip
