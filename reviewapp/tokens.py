"""Secrets in links: made here, stored only as a hash."""

from __future__ import annotations

import hashlib
import secrets

TOKEN_BYTES = 32


def make_token() -> str:
    """A secret of 256 random bits, safe in a URL (43 characters)."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> str:
    """What is stored of a token: its SHA-256 as 64 hex digits. No salt is needed, as the token is random."""
    return hashlib.sha256(token.encode()).hexdigest()
