"""How many documents one process prints in a second: a month's bulletin and a letter of one page, in each form.

.venv/bin/python tests/benchmarks/paper.py [--seconds 3]
"""

import argparse
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import psutil
from rich.console import Console
from rich.table import Table
from tests.paper.specimens import bulletin, letter

from casehub.paper.docx import to_docx
from casehub.paper.pdf import to_pdf
from casehub.paper.xlsx import to_xlsx

#: A second, per process; bulletins are made once a month.
LETTERS_GOAL = 20


def rate(print_one: Callable[[int], bytes], seconds: float) -> float:
    """Documents a second, each with text of its own: the press remembers what it laid out before."""
    print_one(0)
    start, numbers = time.perf_counter(), count(1)
    while (spent := time.perf_counter() - start) < seconds:
        print_one(next(numbers))
    return (next(numbers) - 1) / spent


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=3)
    seconds = arguments.parse_args().seconds
    table = Table("document", "XLSX/s", "DOCX/s", "PDF/s", "goal", title="Printing, one process")
    for name, make, goal in (
        ("bulletin: 3 tables of 60 rows, 2 charts", bulletin, "—"),
        ("letter: 1 page", letter, str(LETTERS_GOAL)),
    ):
        rates = [
            rate(lambda number, make=make, to=to: to(make(number)), seconds)
            for to in (to_xlsx, to_docx, to_pdf)
        ]
        table.add_row(name, *(f"{one:.1f}" for one in rates), goal)
    Console().print(table)
    print(f"memory after printing: {psutil.Process().memory_info().rss / 2**20:.0f} MB")


if __name__ == "__main__":
    main()
