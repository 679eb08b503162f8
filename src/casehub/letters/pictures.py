"""Photos as a letter prints them: small enough to send on, upright, without position and time."""

from io import BytesIO

from PIL import Image, ImageOps

from casehub.cases.photos import UNREADABLE
from casehub.letters.sheet import Photo

#: Enough for 74 mm at 240 dots an inch.
_MOST_DOTS = 800


def printed(content: bytes, caption: str) -> Photo | None:
    """The photo as a small JPEG, whatever a phone sent; None where it is damaged."""
    try:
        image = ImageOps.exif_transpose(Image.open(BytesIO(content))).convert("RGB")
    except UNREADABLE:
        return None
    image.thumbnail((_MOST_DOTS, _MOST_DOTS))
    small = BytesIO()
    image.save(small, "JPEG", quality=80)
    return Photo(caption, small.getvalue(), *image.size)
