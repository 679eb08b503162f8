"""A printing process: `python -m casehub.paper pdf` takes a pickled document and gives the file, then ends.

For our own processes only: who can write to its input can run code in it.
"""

import json
import pickle
import sys
from dataclasses import asdict

from casehub.paper.document import Document
from casehub.paper.problems import CharacterNotPrintable

#: The end of a process whose output is the reasons why not, as JSON.
REFUSED = 3


def print_document(document: Document, form: str) -> bytes:
    """The document in this form. Raises CharacterNotPrintable."""
    match form:
        case "pdf":
            from casehub.paper.pdf import to_pdf as to_file
        case "docx":
            from casehub.paper.docx import to_docx as to_file
        case _:
            from casehub.paper.xlsx import to_xlsx as to_file
    return to_file(document)


def main() -> int:
    """One document, in and out."""
    document = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - from the process that started us
    try:
        file = print_document(document, sys.argv[1])
    except CharacterNotPrintable as problem:
        sys.stdout.write(json.dumps([asdict(one) for one in problem.errors]))
        return REFUSED
    sys.stdout.buffer.write(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
