"""The keyed names of people and records. Nothing here can be turned back into what it names.

Each function computes under a label of its own, which stands for a key of its own: who learns all
outputs of one function still cannot compute or recognise those of another.
"""

import base64

from hub.vault.kms import Kms

REF_LENGTH = 32
_DIGEST_BYTES = 20  # which make 32 characters and no padding
MIRROR_LENGTH = 26


class Pseudonyms:
    """Names children, source persons and records by HMAC; the keys stay in the KMS."""

    def __init__(self, kms: Kms) -> None:
        self._kms = kms

    def person_ref(self, system: str, person: str) -> str:
        """Name a source's person: 32 characters of base32, the key of its topics and its DEK."""
        return self._name("person", system, person)[:REF_LENGTH]

    def record_ref(self, system: str, key: str) -> str:
        """Name a source's record: 32 characters of base32, its line in the ledger."""
        return self._name("record", system, key)[:REF_LENGTH]

    def blind_index(self, kind: str, value: str) -> str:
        """Hash a normalised value for linkage; each kind (card, name, phone) has its own key."""
        return self._name(f"blind-index/{kind}", value)[:REF_LENGTH]

    def mirror_pseudonym(self, child: str) -> str:
        """Name a child to MOLIP, as `contracts.model.mirror_case` wants it; `child` is random."""
        return "m1" + self._name("mirror/molip/1", child)[:MIRROR_LENGTH]

    def _name(self, label: str, *values: str) -> str:
        digest = self._kms.hmac(label, _framed(values))
        return base64.b32encode(digest[:_DIGEST_BYTES]).decode().lower()


def _framed(values: tuple[str, ...]) -> bytes:
    """Join values so that no two tuples give the same bytes: each after its length."""
    encoded = [value.encode() for value in values]
    return b"".join(len(one).to_bytes(4, "big") + one for one in encoded)
