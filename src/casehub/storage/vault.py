"""What must not lie readable in the database or in its back-ups: encrypted under keys that are kept elsewhere."""

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Vault:
    """Seals and opens small mappings (Fernet: AES-128-CBC with HMAC-SHA256).

    `keys`, with commas between, or the lines of `file`: the first seals, all open. The file is made, readable by its
    owner alone, when it is first needed.
    """

    def __init__(self, keys: str | None, file: Path) -> None:
        self._said, self._file = keys, file

    @cached_property
    def _keys(self) -> MultiFernet:
        said = self._said.split(",") if self._said else self._lines()
        return MultiFernet([Fernet(one.strip()) for one in said if one.strip()])

    def _lines(self) -> list[str]:
        if not self._file.exists():
            _make(self._file)
        return self._file.read_text(encoding="ascii").splitlines()

    def seal(self, said: Mapping[str, Any]) -> str:
        """It, encrypted under the first key."""
        return self._keys.encrypt(orjson.dumps(said)).decode()

    def open(self, sealed: str) -> dict[str, Any] | None:
        """What was sealed; None when no key fits."""
        try:
            return dict(orjson.loads(self._keys.decrypt(sealed)))
        except InvalidToken:
            return None

    def renew(self, sealed: str) -> str | None:
        """The same, sealed under the first key; None when no key fits."""
        try:
            return self._keys.rotate(sealed.encode()).decode()
        except InvalidToken:
            return None


def new_key() -> str:
    """A fresh key."""
    return Fernet.generate_key().decode()


def _make(file: Path) -> None:
    """Of two processes that make it at once, the first one's key is everybody's: a link never replaces a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.{uuid4().hex}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(new_key() + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    try:
        os.link(fresh, file)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
