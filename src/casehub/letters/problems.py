"""Why a letter is not drafted, moved or printed."""

from casehub.errors import Problem


class LetterNotFound(Problem):
    """There is no such letter, or it lies outside what you may see"""

    type, status, zh = "letter-not-found", 404, "督办文书不存在，或不在您的可见范围内"


class LetterInvalid(Problem):
    """The letter can't be drafted as it is; every reason is listed"""

    type, status, zh = "letter-invalid", 422, "文书未能草拟，原因见 errors"


class LetterStale(Problem):
    """Somebody changed the letter first; look at its current state and decide again"""

    type, status, zh = "stale-letter", 412, "文书已被他人更新，请查看最新状态后重试"


class LadderInvalid(Problem):
    """The ladder can't be loaded; every finding is listed with its line"""

    type, status, zh = "ladder-invalid", 422, "督办阶梯未能载入，问题及行号见 errors"


class NumberInvalid(Problem):
    """This is no number of a letter; write it as 平城管督〔2023〕1号"""

    type, status, zh = "letter-number-invalid", 422, "发文字号无法识别，应如 平城管督〔2023〕1号"
