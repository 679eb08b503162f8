"""Photos as a letter prints them: small enough to send on, upright, without position and time."""

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from casehub.letters.sheet import Photo

#: Enough for 74 mm at 240 dots an inch.
_MOST_DOTS = 800


def printed(content: bytes, caption: str) -> Photo | None:
    """The photo as a small JPEG; None where it can't be read (a HEIC, or a damaged one)."""
    try:
        image = ImageOps.exif_transpose(Image.open(BytesIO(content))).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return None
    image.thumbnail((_MOST_DOTS, _MOST_DOTS))
    small = BytesIO()
    image.save(small, "JPEG", quality=80)
    return Photo(caption, small.getvalue(), *image.size)
