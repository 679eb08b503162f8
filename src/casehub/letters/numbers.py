"""Numbers of official letters: 机关代字〔year〕N号. Source: reference 6.3."""

import re
from typing import NamedTuple
from unicodedata import normalize


class Number(NamedTuple):
    """A number, as it is given at signing: running from 1 per agency code and year, never used twice."""

    code: str
    year: int
    seq: int

    def __str__(self) -> str:
        """With the brackets U+3014 and U+3015, without leading zeros and without 第."""
        return f"{self.code}〔{self.year}〕{self.seq}号"


# Brackets of any shape, one of them or both lost: `平安委办〔202316号` stands in a published text.
_NUMBER = re.compile(
    r"(?P<code>[^\W\d][^\d]*?)[〔\[(【]?(?P<year>(?:19|20|21)\d\d)[〕\])】]?第?0*(?P<seq>[1-9]\d{0,5})号?"
)


def parse_number(text: str) -> Number | None:
    """The number that somebody wrote; None where it is none. Brackets may be lost or of another shape."""
    found = _NUMBER.fullmatch("".join(normalize("NFKC", text).split()))
    return found and Number(found["code"].rstrip("〔[(【"), int(found["year"]), int(found["seq"]))
