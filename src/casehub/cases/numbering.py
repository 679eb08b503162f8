"""Case numbers: region, day, sequence. Source: reference 3.2 (proposal)."""

from datetime import date


def case_no(region_code: str, day: date, sequence: int, digits: int) -> str:
    """`6-digit region + yyyymmdd + sequence`; a day that outgrows its digits grows longer, never ambiguous."""
    return f"{region_code}{day.year:04}{day.month:02}{day.day:02}{sequence:0{digits}}"
