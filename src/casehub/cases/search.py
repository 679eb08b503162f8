"""How descriptions are found: traditional and simplified characters alike, any part of a word.

Chinese is written without spaces, so text is kept as its single characters and pairs of neighbours; what is found
has all pairs of the query, though not always side by side.
"""

from functools import lru_cache
from itertools import pairwise
from operator import add

from zhconv import convert


@lru_cache(maxsize=2**16)
def _plain(one: str) -> str:
    return str(convert(one, "zh-hans")).casefold()


def fold(text: str) -> str:
    """Simplified, without case, blanks run together: 覈查 and 核查 fold to the same.

    Character by character: by phrases 乾 in 乾隆 would stay and 乾 alone become 干, and a part would not be found.
    """
    return " ".join("".join(map(_plain, text)).split())


def grams(folded: str) -> list[str]:
    """Every character and every pair of neighbours of a folded text, each once."""
    found: set[str] = set()
    for word in folded.split():
        found.update(word, map(add, word, word[1:]))
    return sorted(found)


def query_grams(query: str) -> list[str]:
    """What a text must have to contain `query`: its pairs, or single characters where a word has but one."""
    wanted: set[str] = set()
    for word in fold(query).split():
        wanted.update({word} if len(word) == 1 else {a + b for a, b in pairwise(word)})
    return sorted(wanted)
