"""Addresses as they may be said: a password in one is for the server alone, not for logs, errors or the database."""

import re
from base64 import b64encode
from urllib.parse import unquote, urlsplit

_NAME_AND_PASSWORD = re.compile(r"(?<=://)[^/?#\s]*@")


def without_password(text: str) -> str:
    """The text with `***` for the name and password of every address in it."""
    return _NAME_AND_PASSWORD.sub("***@", text)


def with_credentials_apart(address: str) -> tuple[str, str | None]:
    """The bare address, and the value of the header `Authorization` that its name and password make, if any."""
    parts = urlsplit(address)
    credentials, at, host = parts.netloc.rpartition("@")
    if not at:
        return address, None
    return parts._replace(netloc=host).geturl(), f"Basic {b64encode(unquote(credentials).encode()).decode()}"
