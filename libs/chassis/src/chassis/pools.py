"""How full a process's pools of connections are, whichever store they lead to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import override

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True)
class Load:
    """`size` is the most there may be; `timeouts` counts those who waited for one in vain."""

    size: int
    in_use: int
    timeouts: int


@dataclass(frozen=True, slots=True)
class Pool:
    """`look` asks nobody: what it tells is known here."""

    store: str
    look: Callable[[], Load]


class Pools(Collector):
    """Read when somebody collects, never in between."""

    def __init__(self) -> None:
        self._pools: list[Pool] = []

    def add(self, *pools: Pool) -> None:
        self._pools += pools

    @override
    def collect(self) -> Iterable[Metric]:
        size = GaugeMetricFamily("shop_pool_size", "Connections that a pool may open.", labels=["store"])
        in_use = GaugeMetricFamily("shop_pool_in_use", "Connections that somebody has right now.", labels=["store"])
        timeouts = CounterMetricFamily(
            "shop_pool_timeouts", "Times that a connection was waited for in vain.", labels=["store"]
        )
        for each in self._pools:
            load = each.look()
            size.add_metric([each.store], load.size)
            in_use.add_metric([each.store], load.in_use)
            timeouts.add_metric([each.store], load.timeouts)
        return size, in_use, timeouts
