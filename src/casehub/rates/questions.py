"""What is asked of rates: which figures, of which period, by what, of whom; and from which sums it is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from casehub.people.actors import Scope
from casehub.rates.cells import DIMS, SUMMED
from casehub.rates.counts import COUNTED, PLACE, Stock
from casehub.rates.indicators import Indicator
from casehub.rates.periods import Period

#: What one may ask by: its name in Chinese, and the dimension that facts carry it in.
BY = {
    "city": ("城市", "place"),
    "district": ("区县", "place"),
    "subdistrict": ("街道", "place"),
    "community": ("社区", "area"),
    "unit_grid": ("单元网格", "area"),
    "department": ("部门（含下级）", "department"),
    "unit": ("承办单位", "department"),
    "person": ("人员", "person"),
    "category": ("小类", "category"),
    "category_major": ("大类", "category"),
    "kind": ("案件类型", "category"),
    "scheme": ("编码方案", "category"),
    "source": ("来源", "source"),
    "workflow": ("流程", "workflow"),
    "light": ("灯色", "light"),
    "campaign": ("专项行动", "campaign"),
}
#: What one may narrow by, and the dimension that it narrows; an area may be of any kind.
FILTERS = {
    "area": "area", "department": "department", "unit": "department", "person": "person", "category": "category", "category_major": "category",
    "kind": "category", "scheme": "category", "source": "source", "workflow": "workflow", "light": "light",
    "campaign": "campaign",
}  # fmt: skip
#: All dimensions, in the order of answers. The list of a campaign is not kept with facts, so it is no dimension of sums; a
#: case on two lists counts in both.
ORDER = (*DIMS, "campaign")
#: Says in a filter that nothing is named there.
NONE = "-"
#: Kinds of areas that are as large as those that sums are kept for.
LARGE = frozenset({"city", "district", "subdistrict"})
#: How many dimensions one may cross.
MOST_CROSSED = 2
#: Said with every answer, so that nobody need ask what was left out.
LEFT_OUT = ("without_deadline", "voided", "merged")


class Sum(NamedTuple):
    """What was counted of the values of one dimension or two: `n` has a number for each of the places asked for.

    `standing` is what stood at the end of the period: of `Question.standing`, else of `Question.flows`.
    """

    standing: bool
    a: str
    b: str
    exempt: bool
    n: list[int]


class AreaName(NamedTuple):
    """An area, with all that it lies in."""

    area_code: str
    name: str
    kind: str
    lies_in: list[str]


class CategoryName(NamedTuple):
    """A minor class with its major one."""

    scheme: str
    kind: str
    code: str
    name: str
    major: str
    major_name: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `filters` has values for names of FILTERS; `kinds` tells of what kind the areas are that it names."""

    figures: tuple[Indicator, ...]
    counts: tuple[str, ...]
    period: Period
    by: tuple[str, ...] = ()
    filters: Mapping[str, Any] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)
    kinds: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """Every count that an answer needs, stocks by their own names."""
        return frozenset({*self.counts, *LEFT_OUT}.union(*(one.counts for one in self.figures)))

    @property
    def flows(self) -> list[int]:
        """The places of the counts that belong to the period."""
        return sorted(PLACE[name] for name in self.names if name in PLACE)

    @property
    def stocks(self) -> list[Stock]:
        """What is counted at its end."""
        return [one for name in sorted(self.names) if isinstance(one := COUNTED[name], Stock)]

    @property
    def standing(self) -> list[int]:
        """The places of what began and what ended, for each of the stocks."""
        return [PLACE[name] for stock in self.stocks for name in (stock.began, stock.ended)]

    @property
    def parts(self) -> tuple[tuple[str | None, str | None], ...]:
        """The parts of the city that the asker sees; empty for all of it."""
        return () if self.scope.everything else self.scope.parts

    @property
    def dims(self) -> tuple[str, ...]:
        """The dimensions of facts that it touches, in the order in which sums are kept."""
        touched = {BY[one][1] for one in self.by} | {self._narrowed(name) for name in self.filters}
        if len(self.parts) == 1:
            area, department = self.parts[0]
            touched |= {self._size(area)} if area is not None else set()
            touched |= {"department"} if department is not None else set()
        return tuple(name for name in ORDER if name in touched)

    def _narrowed(self, name: str) -> str:
        return self._size(self.filters["area"]) if name == "area" else FILTERS[name]

    def _size(self, area: str) -> str:
        return "place" if self.kinds.get(area) in LARGE else "area"

    @property
    def summed(self) -> bool:
        """Is there a sum that answers it? Else it is answered fact by fact."""
        one_view = self.scope.everything or (len(self.parts) == 1 and self.scope.person is None)
        return one_view and self.dims in SUMMED
