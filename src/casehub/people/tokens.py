"""What a token of an OpenID Connect provider says, if it can be believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from casehub.people.problems import TokenRefused

#: Signatures by a private key only: with a shared secret, or with none, whoever knows the public key could sign.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
#: Clocks of two machines may differ by this much.
LEEWAY_SECONDS = 30


class KidUnknown(Exception):  # noqa: N818 - no error: the provider may have new keys
    """The token names a key that is not in the set."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who the provider says is asking, and when it said so."""

    subject: str
    issued_at: datetime


def read_token(token: str, keys: KeySet, *, issuer: str, audience: str, claim: str, at: datetime) -> Bearer:
    """The bearer of a token that this issuer signed for this audience, in force at `at`.

    Raises TokenRefused with the reason, KidUnknown when its key is not among `keys`.
    """
    rules = jwt.JWTClaimsRegistry(
        now=int(at.timestamp()),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        rules.validate(claims)
        return Bearer(_subject(claims, claim), datetime.fromtimestamp(claims["iat"], UTC))
    except InvalidKeyIdError:
        raise KidUnknown from None
    except (
        JoseError,
        ValueError,
        OverflowError,
        OSError,
    ) as error:  # the last two: an instant beyond all calendars
        raise TokenRefused(str(error)) from None


def _subject(claims: Mapping[str, Any], claim: str) -> str:
    found = claims.get(claim)
    if not isinstance(found, str) or not found:
        raise TokenRefused(f"it has no claim {claim!r} with a name in it")
    return found
