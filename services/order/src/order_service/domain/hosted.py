"""Where the provider's page may send a customer afterwards: to our own shop, and nowhere else."""

from collections.abc import Collection
from urllib.parse import urlsplit

MAX_URL = 500


class ReturnUrlNotOurs(Exception):
    """A link of ours that leads somewhere else is what phishing needs."""

    def __init__(self) -> None:
        super().__init__("The page to return to is not one of this shop.")
        self.errors = [{"field": "payment.hosted.return_url", "message": "a page of this shop"}]


def checked_return_url(url: str, hosts: Collection[str]) -> str:
    """Itself, when it is a plain http(s) address of one of these hosts. Raises ReturnUrlNotOurs."""
    # What browsers read otherwise than we do has no place in it.
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or any(each in url for each in ' \\"<>'):
        raise ReturnUrlNotOurs
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise ReturnUrlNotOurs from None
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or host not in hosts:
        raise ReturnUrlNotOurs
    return url
