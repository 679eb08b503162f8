"""Letters to print: as a city's wording makes them, and one whose body fills pages with characters."""

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

from PIL import Image

from casehub.letters.flow import Letter
from casehub.letters.ladder import Form
from casehub.letters.sheet import Photo, Sheet, sheet_of

AT = datetime(2023, 6, 9, 8, 30, tzinfo=UTC)
BODY = (
    "截至2023年6月9日，你单位承办的{count}件城市管理案件超过处置时限未办结，最长已超期13个工作日。案件清单见附件。\\n"
    "一、立即整改\\n"
    "请立即组织处置，逐件办结并反馈处置后照片。负责人：朱镕、陈喆、李堃、囧。\\n"
    "（一）书面回复\\n"
    "请于收到本函后3个工作日内书面回复办理结果。"
).replace("\\n", "\n")


def make_letter(form: Form = Form.LETTER, cases: int = 3, body: str | None = None, number: int = 1) -> Letter:
    table = [
        {
            "case_no": f"11010120230609{one:05}", "address": f"建设路{one}号", "problem": "暴露垃圾", "description": "垃圾",
            "dispatched_at": "2023-06-01", "due_at": "2023-06-05", "overdue_days": 4, "returns": 0, "reworks": 1,
        }
        for one in range(1, cases + 1)
    ]  # fmt: skip
    content = {
        "agency": "市城市管理局",
        "unit": "滨河路街道办事处",
        "kind": "督办函",
        "form": form.value,
        "cases": table,
    }
    return Letter(
        number, "supervision_letter", 2, "signed", "digest", "平城管督", 2023, number, "d1", ["d2"], f"关于督办{cases}件超期案件的函",
        BODY.format(count=cases) if body is None else body, content, None, None, "3 work_day", None, "朱镕", "0375-1234567",
        None, None, "e1", AT, AT, None, None, {}, 4, "", AT,
    )  # fmt: skip


def picture(form: str) -> bytes:
    """A photo as a phone writes it: blue at the upper left, red elsewhere."""
    file, image = BytesIO(), Image.new("RGB", (1200, 900), "red")
    image.paste("blue", (0, 0, 600, 450))
    image.save(file, form)
    return file.getvalue()


def make_photo(caption: str = "案件1") -> Photo:
    file = BytesIO()
    Image.effect_noise((400, 300), 60).convert("RGB").save(file, "JPEG")
    return Photo(caption, file.getvalue(), 400, 300)


def make_sheet(
    form: Form = Form.LETTER, *, photos: int = 0, secrecy: str = "", urgency: str = "", **said: object
) -> Sheet:
    from zoneinfo import ZoneInfo

    letter = replace(make_letter(form, **said), secrecy=secrecy or None, urgency=urgency or None)  # type: ignore[arg-type]
    return sheet_of(
        letter,
        ["市人民政府督查室"],
        [make_photo(f"案件{one}") for one in range(photos)],
        ZoneInfo("Asia/Shanghai"),
    )
