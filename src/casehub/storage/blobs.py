"""Files kept under the SHA-256 of their content: the same photo twice is one file, and a changed one shows."""

import hashlib
import os
import tempfile
from pathlib import Path


class BlobStore:
    """A folder of files, two levels deep by the first characters of the hash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Where the file of that hash lies."""
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def put(self, content: bytes) -> str:
        """Keep `content` durably and answer its SHA-256 in hexadecimal. Safe to repeat and to race."""
        digest = hashlib.sha256(content).hexdigest()
        path = self.path(digest)
        if path.exists():
            return digest
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return digest
