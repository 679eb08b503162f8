"""The keys of an OpenID Connect provider, and whom its tokens name."""

import asyncio
import logging
from datetime import datetime
from typing import Any

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from casehub.people.problems import IssuerUnreachable, TokenRefused
from casehub.people.tokens import Bearer, KidUnknown, read_token
from casehub.settings import Settings

logger = logging.getLogger("casehub")

#: Keys are read anew at least so often, so that one that the provider has withdrawn opens nothing for long.
_FRESH_SECONDS = 3600
#: Whatever unknown keys tokens name, the provider is asked no more often.
_PAUSE_SECONDS = 30
_PATIENCE_SECONDS = 5


class Issuer:
    """One provider, as one process knows it."""

    def __init__(self, issuer: str, audience: str, claim: str) -> None:
        self._issuer, self._audience, self._claim = issuer, audience, claim
        self._keys: KeySet | None = None
        self._read_at = self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def bearer_of(self, token: str, at: datetime) -> Bearer:
        """Whom the token names. Raises TokenRefused, IssuerUnreachable."""
        keys = await self._known(_FRESH_SECONDS)
        try:
            return self._read(token, keys, at)
        except KidUnknown:
            keys = await self._known(_PAUSE_SECONDS)
        try:
            return self._read(token, keys, at)
        except KidUnknown:
            raise TokenRefused("the provider has no key by the name that it carries") from None

    def _read(self, token: str, keys: KeySet, at: datetime) -> Bearer:
        return read_token(token, keys, issuer=self._issuer, audience=self._audience, claim=self._claim, at=at)

    async def _known(self, seconds: float) -> KeySet:
        """The keys, read within so many seconds where the provider can be asked."""
        async with self._asking:
            now = asyncio.get_running_loop().time()
            if now - self._read_at > seconds and now - self._asked_at > _PAUSE_SECONDS:
                self._asked_at = now
                try:
                    self._keys, self._read_at = await self._fetch(), now
                except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
                    # What was known goes on to hold: a provider that is down locks nobody out at once.
                    logger.warning("keys of %s: %s: %s", self._issuer, type(error).__name__, error)
        if self._keys is None:
            raise IssuerUnreachable
        return self._keys

    async def _fetch(self) -> KeySet:
        async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS, follow_redirects=False) as http:
            described = await _json(http, f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            if described["issuer"] != self._issuer:
                raise ValueError(f"it calls itself {described['issuer']!r}")
            return KeySet.import_key_set(await _json(http, described["jwks_uri"]))


async def _json(http: httpx.AsyncClient, url: str) -> Any:
    return (await http.get(url)).raise_for_status().json()


def issuer_of(settings: Settings) -> Issuer | None:
    """The provider that the settings name, if they do."""
    if settings.oidc_issuer is None:
        return None
    return Issuer(settings.oidc_issuer, settings.oidc_audience or "", settings.oidc_claim)
