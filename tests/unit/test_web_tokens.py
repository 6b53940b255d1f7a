"""Tokens: which are believed, and that nothing else is."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey

from contracts.errors import FatalError
from hub.web.tokens import (
    ED25519,
    ES256,
    Issuer,
    Role,
    TokenError,
    Verifier,
    load_keys,
    new_private_key,
)

NOW = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
PRIVATE = new_private_key()
ISSUER = Issuer(PRIVATE, "pilot", new_id=lambda: "token-1")
VERIFIER = Verifier(ISSUER.public_keys(), issuer="pilot", audience="mirror")


def issue(**changes: Any) -> str:
    """A good token, but for the changes."""
    given: dict[str, Any] = {
        "subject": "analyst-1", "roles": [Role.MOLIP_ANALYST], "audience": "mirror", "now": NOW,
    }  # fmt: skip
    return ISSUER.issue(**given | changes)


def sign(claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
    """A token with these claims, signed by the right key."""
    key = OKPKey.import_key(PRIVATE)
    signer = key.get_op_key("sign")
    assert isinstance(signer, Ed25519PrivateKey)
    good = {"alg": ED25519, "kid": key.thumbprint()}
    signed = f"{encoded(good | dict(header or {}))}.{encoded(claims)}"
    return f"{signed}.{url_base64(signer.sign(signed.encode()))}"


def encoded(part: Mapping[str, Any]) -> str:
    return url_base64(json.dumps(part).encode())


def url_base64(given: bytes) -> str:
    return base64.urlsafe_b64encode(given).rstrip(b"=").decode()


def claims(**changes: Any) -> dict[str, Any]:
    """Good claims, but for the changes; None takes one out."""
    start = int(NOW.timestamp())
    good = {
        "iss": "pilot", "aud": "mirror", "sub": "analyst-1", "roles": ["molip_analyst"],
        "iat": start, "nbf": start, "exp": start + 60, "jti": "token-1",
    }  # fmt: skip
    return {name: value for name, value in (good | changes).items() if value is not None}


def refusal(token: str, now: datetime = NOW) -> str:
    with pytest.raises(TokenError) as caught:
        VERIFIER.verify(token, now)
    return caught.value.code


def test_a_good_token_names_its_caller() -> None:
    caller = VERIFIER.verify(issue(office="MOLIP-1"), NOW)
    assert caller.subject == "analyst-1"
    assert caller.roles == {Role.MOLIP_ANALYST}
    assert caller.office == "MOLIP-1"
    assert caller.token_id == "token-1"
    assert caller.expires == NOW + timedelta(hours=12)


def test_an_es256_key_of_an_openid_provider_works_too() -> None:
    key = ECKey.generate_key("P-256")
    jwks = {"keys": [{**key.as_dict(private=False), "kid": "k1"}]}
    token = jwt.encode({"alg": ES256, "kid": "k1"}, claims(aud=["account", "mirror"]), key)
    caller = Verifier(jwks, issuer="pilot", audience="mirror").verify(token, NOW)
    assert caller.subject == "analyst-1"


@pytest.mark.parametrize(
    ("seconds", "code"), [(59, ""), (89, ""), (90, "expired"), (-30, ""), (-31, "not_yet_valid")]
)
def test_time_is_checked_with_thirty_seconds_of_skew(seconds: int, code: str) -> None:
    token, at = sign(claims()), NOW + timedelta(seconds=seconds)
    if code:
        assert refusal(token, at) == code
    else:
        assert VERIFIER.verify(token, at).subject == "analyst-1"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": "hub"}, "audience"),
        ({"aud": ["hub", "account"]}, "audience"),
        ({"iss": "somebody"}, "issuer"),
        ({"roles": ["molip_analyst", "king"]}, "unknown_role"),
        ({"roles": []}, "claims"),
        ({"roles": "operator"}, "claims"),
        ({"exp": "9999999999"}, "claims"),
        ({"sub": "a name with spaces"}, "claims"),
        *[({name: None}, "claims") for name in ("iss", "aud", "sub", "roles", "exp", "nbf")],
        ({"iat": None}, "claims"),
        ({"jti": None}, "claims"),
    ],
)
def test_a_claim_that_is_missing_or_wrong_refuses_the_token(
    changes: dict[str, Any], code: str
) -> None:
    assert refusal(sign(claims(**changes))) == code


def test_the_algorithm_none_is_refused() -> None:
    head = {"alg": "none", "kid": OKPKey.import_key(PRIVATE).thumbprint()}
    assert refusal(f"{encoded(head)}.{encoded(claims())}.") in {"algorithm", "signature"}


def test_the_public_key_is_no_shared_secret() -> None:
    public = ISSUER.public_keys()["keys"][0]
    secret = OctKey.import_key(public["x"].encode())
    token = jwt.encode({"alg": "HS256", "kid": public["kid"]}, claims(), secret)
    assert refusal(token) == "algorithm"


@pytest.mark.parametrize("field", ["jwk", "jku", "x5u", "x5c", "crit"])
def test_a_token_cannot_bring_its_own_key(field: str) -> None:
    assert refusal(sign(claims(), {field: "https://127.0.0.1/keys"})) == "header_field"


@pytest.mark.parametrize("kid", ["../../dev/null", "' OR 1=1", "another"])
def test_an_injected_kid_finds_no_key(kid: str) -> None:
    assert refusal(sign(claims(), {"kid": kid})) == "unknown_key"


def test_another_key_under_our_kid_does_not_sign_for_us() -> None:
    stranger = OKPKey.generate_key("Ed25519")
    header = {"alg": ED25519, "kid": OKPKey.import_key(PRIVATE).thumbprint()}
    assert refusal(jwt.encode(header, claims(), stranger, algorithms=[ED25519])) == "signature"


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "....", "\u1019" * 9, "a" * 9000])
def test_text_that_is_no_token_is_refused(text: str) -> None:
    assert refusal(text) in {"signature", "too_long"}


def test_a_changed_payload_breaks_the_signature() -> None:
    head, _, signature = issue().split(".")
    body = encoded(claims(roles=["operator"]))
    assert refusal(f"{head}.{body}.{signature}") == "signature"


@pytest.mark.parametrize(
    "jwks",
    [
        {},
        {"keys": []},
        {"keys": [PRIVATE]},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]},
        {"keys": [{"kty": "OKP", "crv": "Ed25519"}]},
        {"keys": ISSUER.public_keys()["keys"] * 2},
    ],
)
def test_a_key_set_that_is_unsafe_stops_the_program(jwks: dict[str, Any]) -> None:
    with pytest.raises(FatalError):
        Verifier(jwks, issuer="pilot", audience="mirror")


def test_an_issuer_with_a_public_key_stops_the_program() -> None:
    with pytest.raises(FatalError):
        Issuer(ISSUER.public_keys()["keys"][0], "pilot")


def test_a_key_file_that_is_no_json_is_named_and_not_shown() -> None:
    with pytest.raises(FatalError, match=r"keys\.json") as caught:
        load_keys("not a secret at all", "keys.json")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("changes", [{"subject": "a b"}, {"subject": ""}, {"roles": []}])
def test_no_token_is_issued_that_no_verifier_would_take(changes: dict[str, Any]) -> None:
    """Better an error now than a token that is refused without a reason later."""
    with pytest.raises(FatalError, match="no token with this"):
        issue(**changes)
