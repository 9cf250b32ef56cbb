"""What a text message may cost, and where it may go. Each one is paid for, and some numbers exist to be paid for."""

import re
from dataclasses import dataclass

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_7_TWICE = frozenset("^{}\\[~]|€")
"""They take two places."""


@dataclass(frozen=True, slots=True)
class SmsLimits:
    """`prefixes` are the countries that we send to; prices and the cap of a day are in cents."""

    prefixes: tuple[str, ...]
    per_person_a_day: int
    price_of_segment: int
    spent_a_day: int

    def allow(self, number: str) -> bool:
        """Is it a number, and of a country that we send to?"""
        return E164.fullmatch(number) is not None and number.startswith(self.prefixes)

    def cost(self, text: str) -> int:
        return segments(text) * self.price_of_segment


def segments(text: str) -> int:
    """How many messages a text is sent, and paid for, as."""
    if all(each in GSM_7 or each in GSM_7_TWICE for each in text):
        places, alone, joined = len(text) + sum(each in GSM_7_TWICE for each in text), 160, 153
    else:
        places, alone, joined = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if places <= alone else -(-places // joined)
