"""What is sealed can't be read without a key, and keys can be changed while the city is at work."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from casehub.storage.vault import Vault, new_key

SAID = {"name": "张三", "telephone": "13812341234"}


def test_what_was_sealed_comes_back_and_looks_like_nothing_meanwhile(tmp_path: Path) -> None:
    vault = Vault(new_key(), tmp_path / "none")
    sealed = vault.seal(SAID)
    assert "13812341234" not in sealed
    assert vault.seal(SAID) != sealed, "the same said twice does not show"
    assert vault.open(sealed) == SAID
    assert not (tmp_path / "none").exists()


def test_the_first_key_seals_and_all_keys_open(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    sealed = Vault(old, tmp_path).seal(SAID)
    both = Vault(f"{new}, {old}", tmp_path)
    assert both.open(sealed) == SAID
    renewed = both.renew(sealed)
    assert renewed is not None
    assert Vault(new, tmp_path).open(renewed) == SAID
    assert Vault(new, tmp_path).open(sealed) is None
    assert Vault(new, tmp_path).renew(sealed) is None


def test_a_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "home" / "data.keys"
    with ThreadPoolExecutor(8) as many:
        sealed = [*many.map(lambda _: Vault(None, file).seal(SAID), range(8))]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert all(Vault(None, file).open(one) == SAID for one in sealed), "whoever made it first, all use it"
    assert [one.name for one in file.parent.iterdir()] == ["data.keys"]


@pytest.mark.parametrize("keys", ["short", "x" * 44, f"{'A' * 43}=,nonsense"])
def test_a_key_that_is_none_is_refused_at_start(keys: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from casehub.settings import Settings

    monkeypatch.setenv("CASEHUB_DATA_KEYS", keys)
    with pytest.raises(ValueError, match="data_keys"):
        Settings()
