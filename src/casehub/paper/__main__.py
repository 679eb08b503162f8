"""A printing process: `python -m casehub.paper pdf` takes a pickled document and gives the file, then ends.

For our own processes only: who can write to its input can run code in it.
"""

import json
import pickle
import sys
from dataclasses import asdict

from casehub.paper.files import to_file
from casehub.paper.problems import CharacterNotPrintable

#: The end of a process whose output is the reasons why not, as JSON.
REFUSED = 3


def main() -> int:
    """One document, in and out."""
    document = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - from the process that started us
    try:
        file = to_file(document, sys.argv[1])
    except CharacterNotPrintable as problem:
        sys.stdout.write(json.dumps([asdict(one) for one in problem.errors]))
        return REFUSED
    sys.stdout.buffer.write(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
