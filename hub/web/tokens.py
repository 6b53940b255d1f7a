"""Bearer tokens (RFC 7519): who calls, in which roles. Does not decide what a role may do.

Two algorithms and no other: Ed25519 and ES256. Each key belongs to one of them, so a token's
header chooses only among our own public keys, never the algorithm and never a key of its own.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import uuid4

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.errors import FatalError, HubError

ED25519, ES256 = "Ed25519", "ES256"
LONGEST_TOKEN = 8192
SKEW = timedelta(seconds=30)
_HEADER_FIELDS = frozenset({"alg", "kid", "typ"})

PublicKey = OKPKey | ECKey


class Role(StrEnum):
    """What a caller is here as."""

    INTEGRATOR = "integrator"
    MOLIP_ANALYST = "molip_analyst"
    CASE_MANAGER = "case_manager"
    INSPECTOR = "inspector"
    DATA_PROTECTION_OFFICER = "data_protection_officer"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whom a good token names. `office` is empty for who belongs to none."""

    subject: str
    roles: frozenset[Role]
    office: str
    token_id: str
    expires: datetime


class TokenError(HubError):
    """The token is not good. `code` says why, for logs; the caller is only told to sign in."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Claims(BaseModel):
    """The claims that we read; every one but `office` is required. Others are ignored."""

    model_config = ConfigDict(strict=True, frozen=True)

    iss: str
    aud: str | list[str]
    sub: str = Field(min_length=1, max_length=120, pattern=r"^[A-Za-z0-9._@:-]+$")
    roles: list[str] = Field(min_length=1, max_length=len(Role))
    office: str = Field(default="", max_length=120)
    exp: int
    nbf: int
    iat: int
    jti: str = Field(min_length=1, max_length=120)

    @property
    def audiences(self) -> list[str]:
        return [self.aud] if isinstance(self.aud, str) else self.aud


class Issuer:
    """Signs tokens for pilots and demonstrations; a ministry uses its OpenID Connect provider."""

    def __init__(
        self,
        private_key: Mapping[str, Any],
        name: str,
        *,
        new_id: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self._key, self._algorithm = _import_key(private_key)
        if not self._key.is_private:
            raise FatalError(
                "the token issuer was given a public key: put its private key back in its file"
            )
        self._name = name
        self._new_id = new_id

    def issue(
        self,
        *,
        subject: str,
        roles: Iterable[Role],
        audience: str,
        now: datetime,
        lifetime: timedelta = timedelta(hours=12),
        office: str = "",
    ) -> str:
        """Return a signed token for `hub` or `mirror`.

        Raises FatalError for claims that no verifier would take, such as a subject with a space.
        """
        start = int(now.timestamp())
        claims: dict[str, Any] = {
            "iss": self._name,
            "aud": audience,
            "sub": subject,
            "roles": sorted(roles),
            "iat": start,
            "nbf": start,
            "exp": start + int(lifetime.total_seconds()),
            "jti": self._new_id(),
        }
        if office:
            claims["office"] = office
        try:
            _Claims.model_validate(claims)
        except ValidationError as error:
            wrong = ", ".join(sorted(str(one["loc"][0]) for one in error.errors()))
            raise FatalError(
                f"no token with this {wrong}: a subject has letters, digits and ._@:- only, at"
                " most 120, and a token has at least one role"
            ) from None
        header = {"alg": self._algorithm, "kid": self._key.thumbprint()}
        return jwt.encode(header, claims, self._key, algorithms=[self._algorithm])

    def public_keys(self) -> dict[str, Any]:
        """Return the key set (JWKS) that verifiers get."""
        public = self._key.as_dict(private=False)
        named = {"kid": self._key.thumbprint(), "alg": self._algorithm, "use": "sig"}
        return {"keys": [{**public, **named}]}


class Verifier:
    """Checks tokens against a set of public keys; holds no private one."""

    def __init__(self, jwks: Mapping[str, Any], *, issuer: str, audience: str) -> None:
        self._keys = _public_keys(jwks)
        self._issuer = issuer
        self._audience = audience

    @property
    def audience(self) -> str:
        """The program that tokens must be meant for."""
        return self._audience

    def verify(self, token: str, now: datetime) -> Caller:
        """Return the caller that the token names. Raises TokenError, whatever is wrong with it."""
        claims = self._signed_claims(token)
        self._check_meant_for_us(claims)
        _check_valid_at(claims, now)
        try:
            roles = frozenset(Role(name) for name in claims.roles)
        except ValueError:
            raise TokenError("unknown_role") from None
        return Caller(
            subject=claims.sub,
            roles=roles,
            office=claims.office,
            token_id=claims.jti,
            expires=datetime.fromtimestamp(claims.exp, UTC),
        )

    def _signed_claims(self, token: str) -> _Claims:
        if len(token) > LONGEST_TOKEN:
            raise TokenError("too_long")
        try:
            header = jws.extract_compact(token.encode()).headers()
            # A header that brings its own key (jwk, jku, x5c) or extensions (crit) is refused.
            if not header.keys() <= _HEADER_FIELDS:
                raise TokenError("header_field")
            key, algorithm = self._keys[header["kid"]]
            if header["alg"] != algorithm:
                raise TokenError("algorithm")
            return _Claims.model_validate(jwt.decode(token, key, algorithms=[algorithm]).claims)
        except ValidationError:
            raise TokenError("claims") from None
        except KeyError:
            raise TokenError("unknown_key") from None
        except (JoseError, ValueError, TypeError):
            raise TokenError("signature") from None

    def _check_meant_for_us(self, claims: _Claims) -> None:
        if claims.iss != self._issuer:
            raise TokenError("issuer")
        if self._audience not in claims.audiences:
            raise TokenError("audience")


def new_private_key() -> dict[str, Any]:
    """Return a fresh Ed25519 key as a JWK, to be kept in a file that only its owner reads."""
    key = OKPKey.generate_key("Ed25519")
    return {**key.as_dict(private=True), "kid": key.thumbprint(), "alg": ED25519, "use": "sig"}


def load_keys(text: str, where: str) -> dict[str, Any]:
    """Read a JWK or JWKS file's text. Raises FatalError naming `where`, never the content."""
    try:
        keys = json.loads(text)
    except ValueError:
        keys = None
    if not isinstance(keys, dict):
        raise FatalError(f"{where} is no JSON object of keys (JWK or JWKS): write it again")
    return keys


def _check_valid_at(claims: _Claims, now: datetime) -> None:
    instant, skew = now.timestamp(), SKEW.total_seconds()
    if instant >= claims.exp + skew:
        raise TokenError("expired")
    if instant < claims.nbf - skew or instant < claims.iat - skew:
        raise TokenError("not_yet_valid")


def _public_keys(jwks: Mapping[str, Any]) -> dict[str, tuple[PublicKey, str]]:
    listed = jwks.get("keys")
    if not isinstance(listed, list) or not listed:
        raise FatalError("the key set (JWKS) holds no keys: nobody could sign in")
    keys: dict[str, tuple[PublicKey, str]] = {}
    for given in listed:
        key, algorithm = _import_key(given)
        if key.is_private:
            raise FatalError("the key set (JWKS) holds a private key: take it out, and replace it")
        kid = given.get("kid") or key.thumbprint()
        if kid in keys:
            raise FatalError("two keys of the key set (JWKS) have the same kid: rename one")
        keys[kid] = (key, algorithm)
    return keys


def _import_key(given: Mapping[str, Any]) -> tuple[PublicKey, str]:
    curve = (given.get("kty"), given.get("crv"))
    try:
        if curve == ("OKP", "Ed25519"):
            return OKPKey.import_key(dict(given)), ED25519
        if curve == ("EC", "P-256"):
            return ECKey.import_key(dict(given)), ES256
    except (JoseError, ValueError, TypeError, KeyError):
        raise FatalError("a token key cannot be read: write the key file again") from None
    raise FatalError("a token key is neither Ed25519 nor P-256 (ES256): no other kind is allowed")
