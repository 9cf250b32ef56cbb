"""Answers that are the same for everybody, kept in the process for some seconds.

Rooms and brands may be a little old, and when nobody answers an old answer is better than none: the shop keeps its
signs while the catalogue is away. Prices and stock are kept for as long as the answer itself allows, and no longer.
"""

from collections import OrderedDict
from collections.abc import Mapping

from chassis.world import World

from storefront.api import Answer, Api, Away, Call, Json

FRESH_SECONDS = 20.0
GOOD_ENOUGH_SECONDS = 600.0
MOST = 300

type Question = tuple[str, tuple[tuple[str, str], ...]]


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
                found = await self._api.ask("GET", path, params=params, headers=headers, calls=calls)
            except Away:
                if found is None or self._age(found) > GOOD_ENOUGH_SECONDS:
                    raise
        self._keep(question, found)
        return found.body

    async def look(
        self, path: str, params: Mapping[str, str], *, headers: Mapping[str, str], calls: list[Call] | None = None
    ) -> Json:
        """As `read`, and nothing that is older than the gateway's cache may show."""
        question = (path, tuple(sorted(params.items())))
        found = self._answers.get(question)
        if found is None or self._age(found) >= found.fresh_seconds:
            found = await self._api.ask("GET", path, params=params, headers=headers, calls=calls)
        self._keep(question, found)
        return found.body

    def _keep(self, question: Question, answer: Answer) -> None:
        self._answers[question] = answer
        self._answers.move_to_end(question)
        if len(self._answers) > MOST:
            self._answers.popitem(last=False)

    def _age(self, answer: Answer) -> float:
        return self._clock.monotonic() - answer.at
