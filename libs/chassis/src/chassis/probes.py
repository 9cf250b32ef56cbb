"""All of a worker's HTTP: probes and metrics. A web framework would be most of what a worker loads."""

from starlette.applications import Starlette
from starlette.routing import Route

from chassis.accompany import Accompany
from chassis.bounds import App
from chassis.health import Health, probes
from chassis.metrics import Metrics, exposition


def build(health: Health, metrics: Metrics) -> App:
    """The app for a worker's port."""
    metrics.watch(health)
    answers = {**probes(health), "/metrics": exposition(metrics)}
    return Accompany(Starlette(routes=[Route(path, answer) for path, answer in answers.items()]))
