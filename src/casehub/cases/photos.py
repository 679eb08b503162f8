"""What a photo is: type by its content, never by its name; position and time from EXIF where the camera wrote them."""

import io
from dataclasses import dataclass

import filetype
from PIL import ExifTags, Image
from pillow_heif import register_heif_opener

from casehub.cases.problems import AttachmentInvalid
from casehub.errors import Refusal

#: What phones and cameras send.
MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic")
#: What opening or reading a photo raises that is damaged, or that would fill the memory. Pillow has no one class for it.
UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError)

# Pillow opens HEIC by a plugin, from here on.
register_heif_opener()


@dataclass(frozen=True, slots=True)
class Inspected:
    """A photo that may be kept. Position in degrees, time as the camera wrote it (without a zone)."""

    kind: str
    media_type: str
    size_bytes: int
    taken_at: str | None
    lon: float | None
    lat: float | None


def inspect(content: bytes, kind: str, *, limit_bytes: int) -> Inspected:
    """Look into a photo. Raises AttachmentInvalid when it is empty, too large, or no photo."""
    if not 0 < len(content) <= limit_bytes:
        raise AttachmentInvalid(
            errors=[
                Refusal(
                    "size",
                    f"a photo has 1 to {limit_bytes} bytes",
                    f"照片大小应为 1 至 {limit_bytes} 字节",
                    "file",
                )
            ]
        )
    found = filetype.guess(content)
    if found is None or found.mime not in MEDIA_TYPES:
        raise AttachmentInvalid(
            errors=[
                Refusal(
                    "media_type",
                    f"a photo is one of {', '.join(MEDIA_TYPES)}",
                    "仅接受 JPEG、PNG、WebP、HEIC 照片",
                    "file",
                )
            ]
        )
    taken, lon, lat = _exif(content)
    return Inspected(kind, found.mime, len(content), taken, lon, lat)


def _exif(content: bytes) -> tuple[str | None, float | None, float | None]:
    try:
        exif = Image.open(io.BytesIO(content)).getexif()
    except UNREADABLE:
        return None, None, None  # damaged beyond the part that was sniffed; the bytes are kept as they are
    taken = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    lon = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef) == "W")
    lat = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef) == "S")
    return str(taken)[:40].replace("\x00", "") if taken else None, lon, lat


def _degrees(parts: object, negative: bool) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in parts)  # type: ignore[attr-defined]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    value = degrees + minutes / 60 + seconds / 3600
    return -value if negative else value
