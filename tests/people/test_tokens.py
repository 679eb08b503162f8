"""Which tokens of a provider are believed: forged ones, tampered ones and those made for others are not."""

import base64
import hmac
import json
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from casehub.people.problems import TokenRefused
from casehub.people.tokens import LEEWAY_SECONDS, Bearer, KidUnknown, read_token

AT = datetime(2024, 5, 6, 1, 0, tzinfo=UTC)
NOW = int(AT.timestamp())
OURS = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})
CURVED = ECKey.generate_key("P-256", {"kid": "k2", "use": "sig"})
SOMEBODYS = RSAKey.generate_key(2048, {"kid": "k1"})
KEYS = KeySet.import_key_set(KeySet([OURS, CURVED]).as_dict(private=False))
SAID: dict[str, Any] = {
    "iss": "https://id.example.org", "aud": "casehub", "sub": "zhang.san", "iat": NOW - 10, "exp": NOW + 300,
}  # fmt: skip


def token(key: Any = OURS, header: dict[str, Any] | None = None, **said: Any) -> str:
    claims = {name: value for name, value in (SAID | said).items() if value is not None}
    return jwt.encode(
        {"alg": "RS256", "kid": "k1"} | (header or {}),
        claims,
        key,
        algorithms=["RS256", "ES256", "HS256", "none"],
    )


def read(one: str, claim: str = "sub") -> Bearer:
    return read_token(one, KEYS, issuer="https://id.example.org", audience="casehub", claim=claim, at=AT)


def _bare(header: dict[str, Any], signature: str = "") -> str:
    parts = (
        base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in (header, SAID)
    )
    return ".".join([*parts, signature])


@pytest.mark.parametrize("good", [
    token(), token(aud=["other", "casehub"]), token(nbf=NOW), token(exp=NOW - LEEWAY_SECONDS + 1),
    token(CURVED, {"alg": "ES256", "kid": "k2"}), token(header={"typ": "at+jwt"}),
], ids=count())  # fmt: skip
def test_a_token_of_our_issuer_for_us_names_its_bearer(good: str) -> None:
    assert read(good) == Bearer("zhang.san", datetime.fromtimestamp(NOW - 10, UTC))


def test_another_claim_may_name_the_person() -> None:
    assert read(token(preferred_username="c1"), "preferred_username").subject == "c1"


def _by_the_public_key() -> str:
    """Signed with what everybody knows, as if it were a shared secret: the oldest forgery there is."""
    text = _bare({"alg": "HS256", "kid": "k1"}).rstrip(".")
    mark = hmac.digest(OURS.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


@pytest.mark.parametrize("bad", [
    token(SOMEBODYS), token(aud="another"), token(aud=["a", "b"]), token(aud=None), token(iss="https://evil.example.org"),
    token(iss=None), token(exp=NOW - LEEWAY_SECONDS), token(exp=None), token(nbf=NOW + LEEWAY_SECONDS + 1), token(iat=None),
    token(iat=NOW + LEEWAY_SECONDS + 1), token(sub=None), token(sub=""), token(sub=7), token(exp="tomorrow"), token(exp=True),
    token(iat=-(10**30)), _bare({"alg": "none"}), _bare({"alg": "none", "kid": "k1"}), _bare({"alg": "None", "kid": "k1"}),
    _bare({"kid": "k1"}), _bare({"alg": "RS256", "kid": "k1"}, "AAAA"), _bare({"alg": ["RS256"], "kid": "k1"}),
    _by_the_public_key(), "a.b.c", "..", "a" * 5000 + ".b.c",
    token()[:-4] + "AAAA", "eyJ.e30.", "\u00fc.\u00fc.\u00fc",
], ids=count())  # fmt: skip
def test_a_forged_or_foreign_or_expired_token_lets_nobody_in(bad: str) -> None:
    with pytest.raises(TokenRefused):
        read(bad)


@pytest.mark.parametrize(
    "one", [token(header={"kid": "k9"}), token(CURVED, {"alg": "ES256", "kid": "k1"})], ids=count()
)
def test_a_token_with_an_unknown_key_asks_for_the_providers_new_ones(one: str) -> None:
    with pytest.raises(KidUnknown):
        read(one)


WHOLE = token()


@given(st.integers(0, WHOLE.rindex(".")), st.sampled_from("ABCxyz019-_."))
def test_a_token_changed_anywhere_is_refused(place: int, sign: str) -> None:
    changed = WHOLE[:place] + sign + WHOLE[place + 1 :]
    if changed != WHOLE:
        with pytest.raises((TokenRefused, KidUnknown)):
            read(changed)
