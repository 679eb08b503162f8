"""Why a document can't be printed."""

from casehub.errors import Problem


class CharacterNotPrintable(Problem):
    """A character can't be printed: no font has it; every place is listed, change or spell out the character there"""

    type, status, zh = (
        "character-not-printable",
        422,
        "有的字符没有可用的字形，无法印出，位置见 errors，请在该处改写",
    )
