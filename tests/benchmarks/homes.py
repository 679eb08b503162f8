"""Where a benchmark keeps its database."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_home() -> Iterator[Path]:
    """A folder that the embedded PostgreSQL, a user of its own, may enter; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="casehub-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
