"""Answers that are the same for everybody, kept in the process for some seconds: for rooms and brands, not for prices.

When nobody answers, an old answer is better than none: the shop keeps its signs while the catalogue is away.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from chassis.world import World

from storefront.api import Api, Away, Call, Json

FRESH_SECONDS = 20.0
GOOD_ENOUGH_SECONDS = 600.0
MOST = 300

type Question = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Answer:
    body: Json
    at: float


class Kept:
    """At most MOST answers; the one that was longest not asked for goes first."""

    def __init__(self, api: Api, world: World) -> None:
        self._api = api
        self._clock = world.clock
        self._answers: OrderedDict[Question, Answer] = OrderedDict()

    async def read(
        self, path: str, params: Mapping[str, str], *, headers: Mapping[str, str], calls: list[Call] | None = None
    ) -> Json:
        """Whoever asks first asks for all others. The answer is shared: do not change it. Raises Away and Refused."""
        question = (path, tuple(sorted(params.items())))
        found = self._answers.get(question)
        if found is None or self._age(found) > FRESH_SECONDS:
            try:
                body = await self._api.ask("GET", path, params=params, headers=headers, calls=calls)
            except Away:
                if found is None or self._age(found) > GOOD_ENOUGH_SECONDS:
                    raise
            else:
                found = self._answers[question] = Answer(body, self._clock.monotonic())
        self._answers.move_to_end(question)
        if len(self._answers) > MOST:
            self._answers.popitem(last=False)
        return found.body

    def _age(self, answer: Answer) -> float:
        return self._clock.monotonic() - answer.at
