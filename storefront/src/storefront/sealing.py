"""Cookies that nobody can read or change but us."""

import json
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

LONGEST = 3_800
"""Browsers keep cookies of 4,096 bytes, name and attributes included."""


class TooMuch(ValueError):
    """What does not fit into a cookie."""


class Seal:
    """Encrypts and signs, and says when that was. The first secret seals, all of them open."""

    def __init__(self, *secrets: str) -> None:
        keys = (urlsafe_b64encode(sha256(f"mercato storefront {each}".encode()).digest()) for each in secrets)
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def close(self, what: Mapping[str, Any]) -> str:
        """Raises TooMuch when no browser would keep it."""
        sealed = self._fernet.encrypt(zlib.compress(json.dumps(what, separators=(",", ":")).encode())).decode()
        if len(sealed) > LONGEST:
            raise TooMuch(f"{len(sealed)} bytes are sealed, a cookie may have {LONGEST}")
        return sealed

    def open(self, sealed: str | None, *, within: timedelta) -> dict[str, Any] | None:
        """None for what we did not seal, or sealed too long ago: a visitor may send us anything."""
        if not sealed or len(sealed) > LONGEST:
            return None
        try:
            opened = self._fernet.decrypt(sealed, ttl=int(within.total_seconds()))
        except (InvalidToken, ValueError):  # ValueError: letters that no sealed cookie has
            return None
        return json.loads(zlib.decompress(opened))
