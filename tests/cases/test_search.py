"""What is written can be found: any part of it, in traditional or simplified characters."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from zhconv import convert

from casehub.cases.search import fold, grams, query_grams

CITY = "核查覈乾隆坤后後里裡发發髮台臺颱垃圾路口井盖蓋著着着余餘瞭了面麵 aAΣσςİß10号號。，　\t"


def finds(query: str, text: str) -> bool:
    return set(query_grams(query)) <= set(grams(fold(text)))


@pytest.mark.parametrize(("query", "text"), [
    ("核查", "覈查已完成"),
    ("覈查", "核查已完成"),
    ("井蓋", "长安街井盖破损"),
    ("街井", "长安街井盖破损"),
    ("盖", "井蓋"),
    ("KTV", "某ktv噪音"),
    ("长安  街", "长安 街"),
    ("井盖 长安", "长安街井盖破损"),
    ("乾", "乾隆花園"),
    ("乾隆", "乾隆花園"),
    ("Σ", "ΑΣ"),
    ("", "长安街"),
    (" ", "长安街"),
])  # fmt: skip
def test_a_query_finds(query: str, text: str) -> None:
    assert finds(query, text)


@pytest.mark.parametrize(
    ("query", "text"), [("盖井", "井盖"), ("垃圾", "长安街井盖破损"), ("井盖", ""), ("圾", "垃")]
)
def test_a_query_does_not_find(query: str, text: str) -> None:
    assert not finds(query, text)


@given(text=st.text(alphabet=CITY, max_size=30) | st.text(max_size=30), data=st.data())
@example(text="乾隆", data=None)
def test_every_part_of_a_text_finds_it(text: str, data: st.DataObject | None) -> None:
    if data is None:
        assert finds(text[:1], text)
        return
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assert finds(text[start:end], text)


@given(text=st.text(alphabet=CITY, max_size=30))
def test_simplified_finds_traditional(text: str) -> None:
    simplified = "".join(convert(one, "zh-hans") for one in text)
    assert finds(simplified, text)
    assert finds(text, simplified)


@given(text=st.text(max_size=30))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert "  " not in fold(text)


@given(text=st.text(max_size=30))
def test_grams_are_one_or_two_signs_each_told_once(text: str) -> None:
    told = grams(fold(text))
    assert all(1 <= len(one) <= 2 and not one.isspace() for one in told)
    assert len(set(told)) == len(told)
    assert set(query_grams(text)) <= set(told)
