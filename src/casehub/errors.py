"""What casehub says when it says no: a `Refusal` (one reason) and a `Problem` (an answer with reasons, RFC 9457)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why not: the rule that was broken, said in English and Chinese, and the form field to change."""

    rule: str
    en: str
    zh: str
    field: str | None = None


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """Something went wrong.

    A subclass's docstring is its English title; `type` never changes once published; `extra` travels in the answer.
    """

    type: ClassVar[str] = "problem"
    status: ClassVar[int] = 500
    zh: ClassVar[str] = "出错了"

    def __init__(self, detail: str = "", *, errors: Sequence[Refusal] = (), **extra: Any) -> None:
        super().__init__(detail or self.title())
        self.detail = detail
        self.errors = tuple(errors)
        self.extra = extra

    @classmethod
    def title(cls) -> str:
        """The English title: the first line of the class's docstring."""
        return (cls.__doc__ or "").strip().splitlines()[0]
