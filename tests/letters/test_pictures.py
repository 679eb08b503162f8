"""Photos of phones, as a letter prints them."""

from io import BytesIO
from random import Random

import pytest
from PIL import Image
from tests.letters.letters import picture

from casehub.letters.pictures import printed

FORMS = ["JPEG", "PNG", "WEBP", "HEIF"]


@pytest.mark.parametrize("form", FORMS)
def test_whatever_a_phone_sends_is_printed_as_a_small_jpeg(form: str) -> None:
    photo = printed(picture(form), "案件1")
    assert photo is not None
    shown = Image.open(BytesIO(photo.file))
    assert (shown.format, shown.size, (photo.wide, photo.high)) == ("JPEG", (800, 600), (800, 600))
    (red, _, blue), (red_below, _, blue_below) = (shown.getpixel(spot) for spot in ((50, 50), (700, 500)))
    assert (blue - red > 200, red_below - blue_below > 200) == (True, True)


@pytest.mark.parametrize("form", ["WEBP", "HEIF"])
def test_a_damaged_photo_is_left_out_of_the_letter_and_stops_nothing(form: str) -> None:
    whole, random = picture(form), Random(1)
    assert printed(whole[: len(whole) // 2], "案件1") is None
    for _ in range(200):
        spoiled = bytearray(whole)
        for _ in range(20):
            spoiled[random.randrange(12, len(whole))] = random.randrange(256)
        printed(bytes(spoiled), "案件1")  # read or left out


def test_a_picture_that_would_fill_the_memory_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert printed(picture("HEIF"), "案件1") is None
