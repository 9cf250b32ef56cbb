"""What every page must be, in every look: silent, inside of its window, and with nothing that axe has against it."""

import os

from tests.browser.visitors import SCHEMES, WIDTHS, Visitor

LOOKS = [(width, scheme) for scheme in SCHEMES for width in WIDTHS]
ALL = os.environ.get("MERCATO_LOOKS") == "all"
"""Every width by day and by night, as `make browser` does; else a phone by day and a desk by night."""


def is_sound(visitor: Visitor, path: str, *, status: int = 200) -> None:
    """A page that is gone to."""
    visitor.complaints.clear()
    answer = visitor.go(path)
    assert answer.status == status
    is_sound_here(visitor, status=status)


def is_sound_here(visitor: Visitor, *, status: int = 200) -> None:
    """The page that is open, which was answered with this status."""
    path = visitor.page.url
    for width, scheme in LOOKS if ALL else LOOKS[::5]:
        visitor.resize(width, scheme)
        assert visitor.too_wide() <= 0, f"{path} at {width} is {visitor.too_wide()} px too wide"
        found = visitor.violations()
        assert not found, f"{path} at {width}, {scheme}:\n" + "\n".join(found)
    # A browser notes every refusal as an error of its own.
    surprising = [each for each in visitor.complaints if status < 400 or f"status of {status}" not in each]
    assert not surprising, surprising
    visitor.complaints.clear()
