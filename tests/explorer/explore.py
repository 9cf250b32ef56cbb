"""Walk the whole graph, breadth first, and look at every state."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.explorer.model import Model, Plot, Shop
from tests.explorer.payments import PaymentPart

MOST = 2_000_000
"""States. There are far fewer, but for a mistake in the model."""


@dataclass
class Explored:
    """Every state by its number, how one first came to it, and the fair steps between them."""

    model: Model
    states: list[Shop] = field(default_factory=list)
    came: list[tuple[int, str]] = field(default_factory=list)
    fair: list[tuple[int, int]] = field(default_factory=list)
    steps: int = 0

    def path(self, number: int) -> str:
        """The shortest way there, for whoever reads the failure."""
        labels: list[str] = []
        while number:
            number, label = self.came[number]
            labels.append(label)
        return " > ".join(reversed(labels)) or "at the start"

    def can_reach(self, ends: Iterable[int]) -> set[int]:
        """All from which fair steps lead to one of these."""
        back: dict[int, list[int]] = {}
        for before, after in self.fair:
            back.setdefault(after, []).append(before)
        reached = set(ends)
        waiting = list(reached)
        while waiting:
            for before in back.get(waiting.pop(), ()):
                if before not in reached:
                    reached.add(before)
                    waiting.append(before)
        return reached


def explore(plot: Plot, *, seen: Callable[[Explored, int], None], payments: PaymentPart | None = None) -> Explored:
    """`seen` looks at each new state, and raises when it does not like it. `payments` may know its steps already."""
    model = Model(plot, payments or PaymentPart())
    found = Explored(model, [model.start()], [(0, "")])
    numbers = {found.states[0]: 0}
    waiting = deque([0])
    while waiting:
        here = waiting.popleft()
        for step in model.steps(found.states[here]):
            found.steps += 1
            there = numbers.get(step.shop)
            if there is None:
                there = numbers[step.shop] = len(found.states)
                found.states.append(step.shop)
                found.came.append((here, step.label))
                waiting.append(there)
                seen(found, there)
                assert there < MOST, f"more than {MOST} states"
            if step.fair and there != here:
                found.fair.append((here, there))
    return found
