"""A store that somebody else runs and lends to the tests."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Given:
    url: str
    management_url: str = ""

    def start(self) -> None:
        """It runs already."""

    def close(self) -> None:
        """It is not ours to end."""
