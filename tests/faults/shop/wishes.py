"""What a hundred customers want: most of it can be had, some cards are declined, some things run short."""

from random import Random

from tests.faults.shop.crowd import Wish

DECLINED, SHORT = 15, 15
"""Of each hundred."""


def mixed(dice: Random, *, plenty: str, short: str, count: int = 100) -> list[Wish]:
    """In an order that only the dice know."""
    declined, scarce = count * DECLINED // 100, count * SHORT // 100
    wishes = [
        *(Wish(plenty, "declined") for _ in range(declined)),
        *(Wish(short) for _ in range(scarce)),
        *(Wish(plenty) for _ in range(count - declined - scarce)),
    ]
    dice.shuffle(wishes)
    return wishes
