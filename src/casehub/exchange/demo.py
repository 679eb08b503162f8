"""Makes the demo city, through the same doors as everybody, and tells how to try it."""

import io
import json
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from sqlalchemy.ext.asyncio import AsyncEngine

import casehub
from casehub.cases import photos
from casehub.cases.commands import Desk, act, keep_photo, list_cases, open_desk, report_case
from casehub.cases.reports import Report
from casehub.catalogue.commands import load_example
from casehub.departments.commands import add_departments
from casehub.departments.commands_duty import set_list
from casehub.errors import Problem
from casehub.exchange import showcase
from casehub.exchange.commands import load_mapping, read_file
from casehub.exchange.showcase import PEOPLE, STEP, WAYS, Story
from casehub.people.actors import EVERYTHING, SYSTEM, Actor, Role, posts_of
from casehub.people.commands import add_people, add_posts, authenticate, create_key
from casehub.people.problems import KeyUnknown
from casehub.places.commands import add_areas
from casehub.settings import Settings
from casehub.storage.blobs import BlobStore
from casehub.storage.embedded import default_home
from casehub.storage.transaction import Tx

_REAL = "citizen_messages_replies.xlsx"


class DemoRefused(Problem):
    """This city has cases of its own; a demo wants a home of its own, see CASEHUB_HOME"""

    type, status, zh = "demo-refused", 409, "该城市已有案件，演示请使用单独的 CASEHUB_HOME"


def demo_settings(settings: Settings, name: str) -> Settings:
    """The settings of a demo: a home of that name, and a region code of its own, where none are set."""
    said: dict[str, Any] = {}
    if settings.home is None:
        said["home"] = default_home() / name
    if settings.region_code == Settings.model_fields["region_code"].default:
        said["region_code"] = "410400"
    return settings.model_copy(update=said)


async def furnish_demo(engine: AsyncEngine, settings: Settings, at: datetime) -> dict[str, str]:
    """Make the demo city, once; {role: key}. A city made before keeps its cases and keys.

    Raises DemoRefused when the city has cases that aren't the demo's.
    """
    assert settings.home is not None
    file = settings.home / "demo-keys.json"
    async with engine.begin() as tx:
        if (kept := await _kept_keys(tx, file, at)) is not None:
            return kept
        if (await list_cases(tx, EVERYTHING, {}, at, most=1))[0]:
            raise DemoRefused
        await load_example(tx)
        keys = await _furnish_people(tx, settings, at)
        city = _City(tx, settings, at, open_desk(engine, settings, settings.home))
        await city.make(_real_texts())
        _write_keys(file, keys)
    return keys


async def _kept_keys(tx: Tx, file: Path, at: datetime) -> dict[str, str] | None:
    """The keys of a demo made before, if they open this city."""
    keys = _read_keys(file)
    try:
        await authenticate(tx, keys.get(Role.ADMINISTRATOR, "-"), None, at=at)
    except KeyUnknown:
        return None
    return keys


def _read_keys(file: Path) -> dict[str, str]:
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def _write_keys(file: Path, keys: Mapping[str, str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        json.dump(keys, opened, indent=1)


async def _furnish_people(tx: Tx, settings: Settings, at: datetime) -> dict[str, str]:
    await add_areas(tx, showcase.area_rows(settings.region_code))
    for code, name, kind, parent in showcase.DEPARTMENTS:
        row = {"department_code": code, "name": name, "kind": kind, "parent_code": parent}
        await add_departments(tx, [row])
    keys = {}
    for role, (person, name, department) in PEOPLE.items():
        said: dict[str, Any] = {
            "person_no": person,
            "name": name,
            "department_code": department,
            "active": True,
        }
        await add_people(tx, [said])
        post = {"person_no": person, "role": role, "area_code": None, "department_code": department}
        await add_posts(tx, [post])
        _, keys[role.value] = await create_key(tx, [role], person=person, department=department, at=at)
    await set_list(tx, showcase.DUTY, note="示例权责清单", by=SYSTEM.name, at=at)
    return keys


def _real_texts() -> dict[str, list[str]]:
    """Subjects of real messages by class, where the data sets lie beside the checkout; else nothing."""
    file = Path(casehub.__file__).resolve().parents[3] / "shared" / "data" / _REAL
    if not file.is_file():
        return {}
    subjects = [str(row["留言主题"]).strip() for _, row in read_file(file, load_mapping("citizen_messages"))]
    return {matter.code: [one for one in subjects if matter.word in one][:6] for matter in showcase.MATTERS}


@cache
def picture(kind: str) -> bytes:
    """A plain photo that says what it would show."""
    shades = {"near": "#7a8f6a", "before": "#8f7a6a", "after": "#6a8f8a"}
    image = Image.new("RGB", (640, 480), shades[kind])
    ImageDraw.Draw(image).text((20, 20), f"casehub demo: {kind}", fill="white")
    kept = io.BytesIO()
    image.save(kept, "JPEG")
    return kept.getvalue()


async def keep_picture(tx: Tx, blobs: BlobStore, kind: str, *, by: Actor, at: datetime) -> str:
    """The id of a plain photo that somebody brought."""
    content = picture(kind)
    seen = photos.inspect(content, kind, limit_bytes=len(content))
    return str((await keep_photo(tx, seen, blobs.put(content), by=by, at=at))["id"])


class _City:
    """The demo while it is being made, all in one transaction."""

    def __init__(self, tx: Tx, settings: Settings, at: datetime, desk: Desk) -> None:
        self._tx, self._at, self._desk = tx, at, desk
        assert settings.home is not None
        self._blobs = BlobStore(settings.home / "photos")
        self._first = ""

    async def make(self, real: Mapping[str, list[str]]) -> None:
        for story in sorted(showcase.stories(real), key=lambda one: (one.state == "merged", -one.began)):
            case_no = await self._report(story)
            if story.place == 0:
                self._first = case_no
            for number, (role, action, form) in enumerate(WAYS[story.state], start=1):
                at = self._at - story.began + STEP * number
                filled = {name: await self._filled(value, story, at) for name, value in form.items()}
                await act(self._tx, case_no, action, filled, by=_actor(role, story), scope=EVERYTHING, at=at)

    async def _report(self, story: Story) -> str:
        """By the collector with photos, or passed on by a leader; the public's must be verified first."""
        at = self._at - story.began
        public, alone = story.state == "verifying", story.state == "self_handled"
        collector = alone or (story.place % 2 == 1 and not public and story.state != "merged")
        kinds = ("before", "after") if alone else ("near",) if collector else ()
        by = _actor("collector" if collector else "acceptor", story)
        # The merged case lies where its target lies.
        place = 0 if story.state == "merged" else story.place
        lon, lat = showcase.spot(place)
        report = Report(
            kind="event", category=story.matter.code, description=story.text, workflow="event",
            source="public" if public else "collector" if collector else "leader",
            lon=lon, lat=lat, address=f"示例路 {place + 1} 号",
            photos=tuple([await self._photo(kind, by, at) for kind in kinds]),
            action="self_handle" if alone else "report",
        )  # fmt: skip
        outcome = await report_case(self._tx, report, by=by, at=at, desk=self._desk)
        assert outcome.case is not None
        return outcome.case.case_no

    async def _photo(self, kind: str, by: Actor, at: datetime) -> str:
        return await keep_picture(self._tx, self._blobs, kind, by=by, at=at)

    async def _filled(self, value: Any, story: Story, at: datetime) -> Any:
        """What stands for `@name` in a form."""
        match value:
            case "@collector":
                return PEOPLE[Role.COLLECTOR][0]
            case "@limit":
                return story.limit
            case "@until":
                return (at + timedelta(days=30)).isoformat()
            case "@first":
                return self._first
            case "@near" | "@after":
                return [await self._photo(value[1:], _actor("collector", story), at)]
            case _:
                return value


def _actor(role: str, story: Story) -> Actor:
    """Who does a step: the person of that role, for the department of the case."""
    person, _, department = PEOPLE[Role(role)]
    if role == Role.DEPARTMENT and department != story.matter.department:
        return Actor("demo", posts_of({Role.DEPARTMENT}, department=story.matter.department))
    return Actor("demo", posts_of({Role(role)}, department=department), person)


async def tell_demo(tx: Tx, keys: Mapping[str, str], url: str, at: datetime) -> list[str]:
    """What is printed before the demo is served: the keys, and five commands that work when pasted."""
    wanted = {"state": "reported", "workflow": "event", "source": "leader"}
    page = (await list_cases(tx, EVERYTHING, wanted, at, most=1))[0]
    page = page or (await list_cases(tx, EVERYTHING, {}, at, most=1))[0]
    case = page[0][0]
    report = {
        "kind": "event", "category": "0102", "source": "leader", "description": "东门口有垃圾堆放",
        "location": {"address": "示例路 99 号"},
    }  # fmt: skip
    act_url = f"{url}/v1/cases/{case.case_no}/actions/propose_filing"

    def curl(role: Role, rest: str) -> str:
        return f"curl -sS -H 'Authorization: Bearer {keys[role]}' {rest}"

    body = "-H 'Content-Type: application/json' -d"
    commands = [
        ("cases whose deadline has passed", curl(Role.DISPATCHER, f"'{url}/v1/cases?light=red'")),
        ("report a problem; the same key again gives the same case",
         curl(Role.ACCEPTOR, f"-H 'Idempotency-Key: demo-1' {body} '{json.dumps(report, ensure_ascii=False)}' {url}/v1/cases")),
        ("what would happen?", curl(Role.ACCEPTOR, f"{body} '{{}}' '{act_url}?dry_run=true'")),
        ("do it", curl(Role.ACCEPTOR, f"{body} '{{}}' {act_url}")),
        ("what happened", curl(Role.ACCEPTOR, f"{url}/v1/cases/{case.case_no}/history")),
    ]  # fmt: skip
    lines = ["", "Keys of this demo:", *(f"  {role:<14} {key}" for role, key in keys.items()), ""]
    for said, command in commands:
        lines += [f"# {said}", command, ""]
    return [*lines, f"API documentation: {url}/docs", ""]
