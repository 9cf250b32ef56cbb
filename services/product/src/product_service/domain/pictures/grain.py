"""What makes one drawing differ from the next: numbers that are always the same for one slug."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Grain:
    """Every question has its own answer, so that a new question changes no old one."""

    slug: str

    def number(self, question: str, below: int) -> int:
        return int.from_bytes(sha256(f"{self.slug}/{question}".encode()).digest()[:4]) % below

    def between(self, question: str, low: int, high: int) -> int:
        return low + self.number(question, high - low + 1)

    def pick[T](self, question: str, choices: Sequence[T]) -> T:
        return choices[self.number(question, len(choices))]
