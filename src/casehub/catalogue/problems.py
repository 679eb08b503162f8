"""Why a filing condition or a limit table is refused."""

from collections.abc import Sequence
from dataclasses import replace

from casehub.catalogue.conditions import Fault, TableRow
from casehub.errors import Problem


class CategoryNotFound(Problem):
    """There is no such category"""

    type, status, zh = "category-not-found", 404, "类别不存在"


class SchemeNotFound(Problem):
    """There is no such scheme of codes"""

    type, status, zh = "scheme-not-found", 404, "编码方案不存在"


class ConditionInvalid(Problem):
    """A filing condition can't have these limits; every reason is listed"""

    type, status, zh = "condition-invalid", 422, "立案条件的时限有误，原因见 errors"


class LimitTableInvalid(Problem):
    """The limit table can't be taken, and nothing of it was; every row that is wrong is listed"""

    type, status, zh = "limit-table-invalid", 422, "时限表有误，未作任何更改，原因见 errors"

    def __init__(self, rows: Sequence[TableRow], faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            errors=[
                replace(
                    one,
                    en=f"row {place + 1} ({rows[place].code} {rows[place].condition}): {one.en}",
                    zh=f"第 {place + 1} 行（{rows[place].code} {rows[place].condition}）：{one.zh}",
                    field=f"rows.{place}.{one.field}",
                )
                for place, one in faults
            ]
        )
