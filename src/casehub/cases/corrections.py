"""A case that was sent back, as it should have been. Source: reference 2.4 rows 10 and 12."""

from casehub.cases.facts import Situation


def corrected(s: Situation) -> tuple[int, str | None]:
    """Category and condition as the form corrects them; the condition chosen before stands while the category does."""
    right = s.known.categories.get(str(s.form.get("category")))
    category_id = s.case.category_id if right is None else right.category_id
    kept = s.case.condition if category_id == s.case.category_id else None
    return category_id, s.form.get("condition", kept)
