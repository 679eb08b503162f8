"""The tree of departments: what a unit may lie below."""

from collections.abc import Iterator, Mapping

from casehub.errors import Refusal


def department_faults(code: str, parents: Mapping[str, str | None]) -> Iterator[Refusal]:
    """Why a department can't belong to the one it does; `parents` holds those of all departments as they will be."""
    above = parents[code]
    if above is not None and above not in parents:
        yield Refusal(
            "unknown_department", f"there is no department {above!r}", f"部门不存在：{above}", "parent_code"
        )
    seen = {code}
    while above is not None and above not in seen:
        seen.add(above)
        above = parents.get(above)
    if above == code:
        yield Refusal(
            "below_itself", f"{code!r} would belong to itself", f"{code} 的上级部门成环", "parent_code"
        )
