"""Who may speak to whom: both ends of each edge, and the same edges as compose has networks for."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from tests.chart.conftest import ENVIRONMENTS, ROOT, Render, Rendering

Edge = tuple[str, str, int | str]
"""Who, whom, and at which port; people as name/component."""
SERVICES = ("user", "product", "order", "payment", "notification")
STORES = {"postgres": 5432, "mongo": 27017, "rabbitmq": 5672, "valkey": 6379}


def who(selector: Mapping[str, Any]) -> str:
    labels = selector["matchLabels"]
    return f"{labels['app.kubernetes.io/name']}/{labels['app.kubernetes.io/component']}"


def declared(release: Rendering, direction: str) -> Iterator[Edge]:
    """Between pods of the release, as the policies of one direction say it."""
    other = "from" if direction == "ingress" else "to"
    for policy in release.of("NetworkPolicy"):
        if "app.kubernetes.io/name" not in policy["spec"]["podSelector"]["matchLabels"]:
            continue
        me = who(policy["spec"]["podSelector"])
        for rule in policy["spec"].get(direction) or ():
            for peer in rule.get(other, ()):
                if "app.kubernetes.io/name" in peer.get("podSelector", {}).get("matchLabels", {}):
                    them = who(peer["podSelector"])
                    for port in rule["ports"]:
                        yield (them, me, port["port"]) if direction == "ingress" else (me, them, port["port"])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_both_ends_of_every_edge_agree(environment: str, render: Render) -> None:
    release = render(environment)

    entering, leaving = set(declared(release, "ingress")), set(declared(release, "egress"))

    assert entering == leaving
    assert len(entering) >= 16


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nobody_speaks_to_anybody_unless_a_policy_says_so(environment: str, render: Render) -> None:
    release = render(environment)

    nobody = release.one("NetworkPolicy", "shop-nobody")["spec"]

    assert nobody == {
        "podSelector": {"matchLabels": {"app.kubernetes.io/instance": "shop"}},
        "policyTypes": ["Ingress", "Egress"],
    }
    for name, template in release.templates().items():
        assert template["metadata"]["labels"]["app.kubernetes.io/instance"] == "shop", name


def test_the_edges_of_the_five_are_those_that_compose_has_networks_for(render: Render) -> None:
    compose = yaml.safe_load((ROOT / "deploy/compose/compose.yaml").read_text())["services"]
    people = {
        **{each: f"{each}/api" for each in SERVICES},
        **{f"{each}-worker": f"{each}/worker" for each in SERVICES},
        **{each: f"{each}/store" for each in STORES},
        **{each: f"{each}/outside" for each in ("psp", "mail", "phone", "door")},
        "collector": "spans/outside",
        "storefront": "storefront/pages",
        "gateway": "gateway/gateway",
        "furnish": "furnish/job",
        **{f"{each}-migrate": f"{each}/migrate" for each in SERVICES},
    }
    networks = {name: set(compose[name]["networks"]) for name in people}

    reached = {(one, other) for one, other, _ in declared(render("ci"), "egress") if one != other}
    reached -= {("smoke/test", "gateway/gateway")}
    met = {(people[one], people[other]) for one in people for other in people if networks[one] & networks[other]}

    assert reached <= met
    # A network is open both ways, and whoever shares one meets; an edge has a direction. What is met and is no edge:
    unused = {pair for pair in met - reached if (pair[1], pair[0]) not in reached and pair[0] < pair[1]}
    assert {pair for pair in unused if not _only_share(pair)} == set()


def _only_share(pair: tuple[str, str]) -> bool:
    """Two that meet only because they call the same third, or are one service's processes."""
    (one, a), (other, b) = (each.split("/") for each in pair)
    called = {"store", "outside", "job"}
    return one == other or {a, b} <= called | {"gateway"} or {a, b} <= called | {"api", "worker", "migrate"}


def test_a_worker_is_called_by_nobody(render: Render) -> None:
    assert [edge for edge in declared(render("ci"), "ingress") if edge[1].endswith(("/worker", "/migrate"))] == []


def test_who_may_scrape_reaches_metrics_alone(render: Render) -> None:
    monitoring = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]

    release = render("ci", networkPolicy__metricsFrom=monitoring)

    scraped = [
        who(policy["spec"]["podSelector"])
        for policy in release.of("NetworkPolicy")
        for rule in policy["spec"].get("ingress") or ()
        if rule.get("from") == monitoring and rule["ports"] == [{"port": "internal"}]
    ]
    processes = {f"{each}/{kind}" for each in SERVICES for kind in ("api", "worker")}
    assert set(scraped) == processes | {"storefront/pages", "gateway/gateway"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_storefront_reaches_the_gateways_second_door_and_nobody_but_it_does(
    environment: str, render: Render
) -> None:
    release = render(environment)
    spans = {("storefront/pages", whoever, 4318) for whoever in ("spans/outside", "collector/monitoring")}

    leaving = {edge for edge in declared(release, "egress") if edge[0] == "storefront/pages"}
    assert leaving - spans == {("storefront/pages", "gateway/gateway", 8081)}
    assert {edge[0] for edge in declared(release, "ingress") if edge[2] == 8081} == {"storefront/pages"}
    ports = {each["metadata"]["name"]: each["spec"] for each in release.of("Service")}
    assert ports["shop-gateway-for-pages"]["type"] == "ClusterIP"
    assert {port["targetPort"] for port in ports["shop-gateway"]["ports"]} == {"public"}


def test_the_way_out_is_never_the_machines_own_metadata(render: Render) -> None:
    blocks = [
        peer["ipBlock"]
        for policy in render("prod").of("NetworkPolicy")
        for rule in policy["spec"].get("egress") or ()
        for peer in rule.get("to", ())
        if "ipBlock" in peer
    ]

    everywhere = [each for each in blocks if each["cidr"] == "0.0.0.0/0"]
    assert everywhere
    assert all(each["except"] == ["169.254.169.254/32"] for each in everywhere)
