"""What comes from our own pages, and what only pretends to.

Two proofs, because each is blind somewhere: the browser says from where a form was sent, and a form of somebody who is
known to us carries a word that only our pages could have put there.
"""

import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers

SAME = {"same-origin", "none"}
FIELD = "_token"


class Foreign(Exception):
    """A form that none of our pages has sent."""


def check_origin(headers: Headers) -> None:
    """Raises Foreign. Every browser of the last years sends one of the two headers with a form; who sends none is a
    program, and has no cookies that somebody else could abuse."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site not in SAME:
            raise Foreign(site)
        return
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        raise Foreign(origin)


def check_token(given: object, *, expected: str) -> None:
    """Raises Foreign."""
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), expected.encode()):
        raise Foreign("token")
