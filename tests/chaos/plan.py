"""What goes wrong on a day of chaos, and when: drawn before it begins, so that a seed means the same day every time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from dev.settings import SERVICES
from simulators.mail import Kind as MailKind
from simulators.mail import MailFault, Stage
from simulators.psp import Fault
from testkit.network.faults import Fault as LinkFault
from testkit.network.proxy import Way

from tests.faults.shop.provoking import AT_PROVIDER, OPERATIONS, STRIKES_AT
from tests.faults.shop.wires import FAULTS, LINKS, WAYS, Link

STORES = ("postgres", "mongo", "redis", "rabbit")
REPLICAS = tuple(
    f"{service}-{room}-{number}" for service in SERVICES for room in ("api", "worker") for number in (1, 2)
)
LINKS_A_DAY = 5
GAP_SECONDS = 2.0
"""Between two blows, on average."""
LONGEST_FREEZE = 10.0
LONGEST_OUTAGE = 8.0
LONGEST_ANSWER = 10.0
"""Of the provider and the mail server: longer than anybody waits for them here."""
WIPED_WITHIN = (0.2, 0.8)
"""Of the day: the one time that the broker loses its disk."""


@dataclass(frozen=True)
class Blow:
    """`target` is hit `at` so many seconds after the beginning, for so many `seconds`; `how` is what hits it, if it
    takes more to say than the kind."""

    at: float
    kind: str
    target: str
    seconds: float = 0.0
    how: object = None

    def __str__(self) -> str:
        match self.how:
            case Fault(times=times, seconds=seconds) | MailFault(times=times, seconds=seconds):
                how = f", {times} times, if it takes its time {seconds:.1f} s"
            case None:
                how = f" for {self.seconds:.1f} s" if self.seconds else ""
            case _:
                how = f" {self.how} for {self.seconds:.1f} s"
        return f"{self.at:6.1f} s  {self.kind} {self.target}{how}"


@dataclass(frozen=True)
class OnLink:
    """A link, what is wrong with it, and in which directions."""

    link: Link
    fault: LinkFault
    ways: tuple[Way, ...]

    def __str__(self) -> str:
        return f"{self.fault} {' and '.join(way.value for way in self.ways)}"


Draw = Callable[[float, Random], Blow]


def links_of_day(seed: int) -> Sequence[Link]:
    """Those that may break on it. What goes over a wire goes through one process, and that is too much for all."""
    return Random(f"{seed} links").sample(LINKS, LINKS_A_DAY)


def draw_day(dice: Random, seconds: float, links: Sequence[Link]) -> list[Blow]:
    """So long a day. Every kind may come; which come often is drawn first, and the broker is wiped once."""
    kinds = kinds_with(links)
    weights = [dice.choice((1, 1, 3)) for _ in kinds]
    blows = [Blow(seconds * dice.uniform(*WIPED_WITHIN), "wipe", "rabbit", _span(dice, 3.0))]
    at = dice.expovariate(1 / GAP_SECONDS)
    while at < seconds:
        (draw,) = dice.choices(list(kinds.values()), weights)
        blows.append(draw(at, dice))
        at += dice.expovariate(1 / GAP_SECONDS)
    return sorted(blows, key=lambda blow: blow.at)


def _replica(kind: str, longest: float) -> Draw:
    return lambda at, dice: Blow(at, kind, dice.choice(REPLICAS), _span(dice, longest))


def _frozen(at: float, dice: Random) -> Blow:
    return Blow(at, "freeze", dice.choice(REPLICAS), dice.uniform(1, LONGEST_FREEZE))


def _store(kind: str) -> Draw:
    return lambda at, dice: Blow(at, kind, dice.choice(STORES), _span(dice, LONGEST_OUTAGE))


def _restart(at: float, dice: Random) -> Blow:
    return Blow(at, "store restarted", dice.choice(STORES))


def _flush(at: float, _: Random) -> Blow:
    return Blow(at, "flush", "redis")


def _one_of(links: Sequence[Link]) -> Draw:
    def draw(at: float, dice: Random) -> Blow:
        link, name = dice.choice(links), dice.choice(tuple(FAULTS))
        how = OnLink(link, FAULTS[name](dice), dice.choice(WAYS))
        return Blow(at, f"link {name}", str(link), 1 + _span(dice, LONGEST_OUTAGE), how)

    return draw


def _provider(at: float, dice: Random) -> Blow:
    kind = dice.choice(AT_PROVIDER)
    operation = STRIKES_AT.get(kind) or dice.choice(OPERATIONS)
    fault = Fault(kind, operation, times=dice.randint(1, 3), seconds=_span(dice, LONGEST_ANSWER))
    return Blow(at, f"provider {kind}", operation, how=fault)


def _mail(at: float, dice: Random) -> Blow:
    kind = dice.choice(tuple(MailKind))
    fault = MailFault(kind, times=dice.randint(1, 3), stage=Stage.DATA, seconds=_span(dice, LONGEST_ANSWER))
    return Blow(at, f"mail {kind}", "smtp", how=fault)


def kinds_with(links: Sequence[Link]) -> Mapping[str, Draw]:
    """Every kind of fault, and who draws one."""
    return {
        "kill": _replica("kill", 3.0),
        "stop": _replica("stop", 3.0),
        "freeze": _frozen,
        "store killed": _store("store killed"),
        "store paused": _store("store paused"),
        "store restarted": _restart,
        "flush": _flush,
        "link": _one_of(links),
        "provider": _provider,
        "mail": _mail,
    }


def _span(dice: Random, longest: float) -> float:
    """Mostly short."""
    return longest * dice.random() ** 2
