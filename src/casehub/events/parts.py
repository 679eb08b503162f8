"""Where cases lie, for those who hear of a part of the city only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lying:
    """Where a case lies when something happened to it: what webhooks of a part of the city go by."""

    case_id: int
    area: str | None
    departments: tuple[str, ...]  # those that have it, and that had it just before
