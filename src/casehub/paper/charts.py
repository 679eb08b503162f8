"""Charts as pictures: SVG for pages, PNG for files of an office program."""

import sys
from datetime import UTC
from math import ceil
from typing import Any

import pygal
from pygal.style import Style

from casehub.paper.document import Chart, ChartKind, Form, Number, texts_of_chart
from casehub.paper.forms import printed, width, written
from casehub.paper.press import forget, press, require_printable

# Pygal hooks into every import, to find maps, in a way that Python 3.11 warns of and later ones ignore: we use no maps.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

#: Dots of the picture, which is printed 160 mm wide: a character of 14 dots is 8 points high.
WIDE, HIGH, TALLEST, LETTER, MARGIN = 800, 400, 1150, 14, 20
#: Beyond this many, values would lie on one another.
MOST_VALUES = 16
#: Light enough for dark figures on them, apart in grey too where neighbours meet.
COLOURS = ("#6fa8dc", "#f6b26b", "#93c47d", "#e06666", "#b4a7d6", "#ffd966", "#76a5af", "#bcaaa4")
Part = tuple[str, tuple[Number | None, ...]]
_DARK, _PALE = "#333333", "#dddddd"
_STYLE = Style(
    font_family="Noto Sans SC, Noto Serif SC", background="white", plot_background="white", opacity="1",
    label_font_size=LETTER, major_label_font_size=LETTER, legend_font_size=LETTER, value_font_size=LETTER - 1,
    foreground=_DARK, foreground_strong=_DARK, foreground_subtle=_PALE, guide_stroke_color=_PALE,
    major_guide_stroke_color=_PALE, guide_stroke_dasharray="1,0", major_guide_stroke_dasharray="1,0", colors=COLOURS,
    value_colors=(_DARK,) * len(COLOURS),
)  # fmt: skip


def to_svg(chart: Chart) -> bytes:
    """The chart without its title, which stands above it as text. Raises CharacterNotPrintable."""
    require_printable(texts_of_chart(chart))
    # What lies is read from above, as a table is, though pygal begins at the bottom.
    order = -1 if _lies(chart) else 1
    parts = _slices(chart) if chart.kind is ChartKind.PIE else _series(chart)
    drawn = _drawing(chart)(
        style=_STYLE, width=WIDE, height=height(chart), margin=MARGIN, stroke_style={"width": 2}, js=[], no_prefix=True,
        no_data_text="—", truncate_label=-1, truncate_legend=-1, x_labels=_names(chart)[::order], **_figures(chart),
        **_legend([title for title, _ in parts]), **_room_for_names(chart),
    )  # fmt: skip
    for title, values in parts:
        drawn.add(written(title), [None if value is None else float(value) for value in values[::order]])
    return bytes(drawn.render())


def to_png(chart: Chart) -> bytes:
    """The same picture in dots."""
    picture = press(
        "picture.typ", {"svg": to_svg(chart).decode(), "wide": WIDE, "high": height(chart)}, "png"
    )
    forget()
    return picture


def _lies(chart: Chart) -> bool:
    """Bars lie when the names of the categories would not fit below standing ones."""
    return chart.kind in {ChartKind.BAR, ChartKind.STACKED} and _names_that_fit(chart) < len(chart.categories)


def _names_that_fit(chart: Chart) -> int:
    return int(0.85 * WIDE / _dots(chart.categories, LETTER))


def _dots(texts: tuple[str, ...] | list[str], more: float = 0) -> float:
    """Dots of the widest text, and some more."""
    return max(map(width, texts), default=0) * LETTER / 2 + more


def _drawing(chart: Chart) -> Any:
    match chart.kind:
        case ChartKind.BAR:
            return pygal.HorizontalBar if _lies(chart) else pygal.Bar
        case ChartKind.STACKED:
            return pygal.HorizontalStackedBar if _lies(chart) else pygal.StackedBar
        case ChartKind.LINE:
            return pygal.Line
        case ChartKind.PIE:
            return pygal.Pie


def height(chart: Chart) -> int:
    """Dots of the picture from top to bottom, at most a page: lying bars need a line each, side by side one a series."""
    lines = len(chart.categories) * (len(chart.series) if chart.kind is ChartKind.BAR else 1)
    return min(max(HIGH, 120 + lines * 2 * LETTER), TALLEST) if _lies(chart) else HIGH


def _names(chart: Chart) -> list[str]:
    return [] if chart.kind is ChartKind.PIE else [written(name) for name in chart.categories]


def _series(chart: Chart) -> list[Part]:
    """Raises TypeError for a value that is not of the chart's form."""
    for series in chart.series:
        for value in series.values:
            printed(value, chart.form, UTC)
    return [(series.title, series.values) for series in chart.series]


def _slices(chart: Chart) -> list[Part]:
    """A pie has one slice a category, and its value in the legend, where a thin slice has it too."""
    (series,) = chart.series
    pairs = zip(chart.categories, series.values, strict=True)
    return [(f"{category} {printed(value, chart.form, UTC)}", (value,)) for category, value in pairs]


def _figures(chart: Chart) -> dict[str, Any]:
    """Exact on bars; on the axis only as many decimals as a step of the scale has."""

    def exact(value: float | None) -> str:
        if value is None or (chart.kind is ChartKind.STACKED and not value):
            return ""
        return printed(int(value) if chart.form is Form.COUNT else value, chart.form, UTC)

    def round_on_axis(value: float) -> str:
        return f"{value * 100:.4g}%" if chart.form is Form.RATE else f"{value:.6g}"

    fits = _lies(chart) or len(chart.categories) * len(chart.series) <= MOST_VALUES
    return {
        "formatter": exact, "value_formatter": round_on_axis,
        "print_values": fits and chart.kind in {ChartKind.BAR, ChartKind.STACKED},
        "print_values_position": "top" if chart.kind is ChartKind.BAR and not _lies(chart) else "center",
    }  # fmt: skip


def _legend(titles: list[str]) -> dict[str, Any]:
    """Below, in as many columns as fit. Room is made for the rows that pygal does not count."""
    columns = max(1, min(len(titles), int(0.85 * WIDE / _dots(titles, 2 * LETTER))))
    rows_not_counted = ceil(len(titles) / columns) - len(titles) // columns
    return {
        "show_legend": len(titles) > 1, "legend_at_bottom": True, "legend_at_bottom_columns": columns,
        "margin_bottom": MARGIN + rows_not_counted * 1.5 * LETTER,
    }  # fmt: skip


def _room_for_names(chart: Chart) -> dict[str, Any]:
    """Chinese is wider than pygal takes it for, 0.6 of its height; a line names every so many categories."""
    if _lies(chart):
        missing = _dots(chart.categories) - max(map(len, chart.categories)) * 0.6 * LETTER
        return {"margin_left": MARGIN + max(0, missing)}
    if chart.kind is ChartKind.LINE:
        every = ceil(len(chart.categories) / max(1, _names_that_fit(chart)))
        return {"x_labels_major_every": every, "show_minor_x_labels": False}
    return {}
