"""Install, walk, upgrade, break, look around, watch, take away: in this order, on one release."""

import json
import re
import threading
import time
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from tests.cluster.conftest import CHART, Cluster, names, until

SERVICES = ("user", "product", "order", "payment", "notification")
CHANGED = (
    *("--set-string", ",".join(f"services.{each}.settings.DRAIN_SECONDS=6" for each in SERVICES)),
    *("--set", "gateway.limits=999"),
)
"""What makes every pod of ours another one."""
MEMORY_MIB = 4096
KEPT = {"Secret/shop-seed"}
"""What `helm uninstall` leaves on purpose, beside the volumes."""
SOCKET = "import socket; socket.create_connection(({host!r}, {port}), 3).close(); print('connected')"
OPEN = [
    ("deployment/shop-order", "shop-product", 8001),
    ("deployment/shop-order-worker", "shop-mongo", 27017),
    ("deployment/shop-payment-worker", "shop-psp", 8000),
]
SHUT = [
    ("deployment/shop-order", "shop-payment", 8000),
    ("deployment/shop-order", "shop-product", 8000),
    ("deployment/shop-order", "shop-postgres", 5432),
    ("deployment/shop-product", "shop-user", 8001),
    ("deployment/shop-product", "shop-mongo", 27017),
    ("deployment/shop-user", "shop-order", 8000),
    ("deployment/shop-user", "shop-rabbitmq", 15672),
    ("deployment/shop-payment-worker", "shop-user", 8000),
    ("deployment/shop-notification", "shop-mail", 2525),
    ("deployment/shop-gateway", "shop-postgres", 5432),
]


def test_every_pod_is_ready_and_the_whole_fits(release: Cluster) -> None:
    pods = [each for each in release.get("pods") if each["status"]["phase"] == "Running"]
    containers = [one for each in pods for one in each["status"]["containerStatuses"]]
    used = release.kubectl("top", "pods", "--no-headers").well().split()[2::3]
    mebibytes = sum(int(each.removesuffix("Mi")) for each in used)
    print(f"{len(pods)} pods, {mebibytes} MiB in use, {sum(one['restartCount'] for one in containers)} restarts")

    assert all(one["ready"] for one in containers)
    assert mebibytes < MEMORY_MIB


def test_the_smoke_test_of_the_chart_passes(release: Cluster) -> None:
    release.helm("test", "shop").well()


def test_the_journeys_pass_through_the_gateways_service(release: Cluster) -> None:
    print(release.journeys("tests/journeys").well().splitlines()[-1])


@pytest.mark.parametrize(("who", "whom", "port"), OPEN, ids=lambda each: str(each).removeprefix("deployment/"))
def test_a_declared_edge_connects(release: Cluster, who: str, whom: str, port: int) -> None:
    said = release.inside(who, "python", "-c", SOCKET.format(host=whom, port=port))

    assert said.well() == "connected\n"


@pytest.mark.parametrize(("who", "whom", "port"), SHUT, ids=lambda each: str(each).removeprefix("deployment/"))
def test_any_other_is_refused(release: Cluster, who: str, whom: str, port: int) -> None:
    said = release.inside(who, "python", "-c", SOCKET.format(host=whom, port=port))

    assert said.status != 0
    # Somebody listens there, and the name is known: it is the network that refuses.
    assert any(each in said.complained for each in ("EHOSTUNREACH", "No route to host", "timed out"))


def test_no_pod_can_ask_the_cluster_anything(release: Cluster) -> None:
    token = "/var/run/secrets/kubernetes.io/serviceaccount/token"
    said = release.inside("deployment/shop-order", "python", "-c", f"print(open({token!r}).read())")
    rights = release.kubectl("auth", "can-i", "list", "pods", "--as", "system:serviceaccount:shop:shop-order")

    assert "No such file" in said.complained
    assert rights.said.strip() == "no"


def bad(**changes: object) -> str:
    """A pod as it should be, but for what is changed in its only container."""
    locked = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    limits = {"cpu": "1", "memory": "64Mi"}
    container = {
        "name": "one",
        "image": "mercato/order:ci",
        "securityContext": locked,
        "resources": {"requests": limits, "limits": limits},
    }
    spec = {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{**container, **changes}],
    }
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bad"}, "spec": spec})


@pytest.mark.parametrize(
    ("pod", "says"),
    [
        (bad(image="mercato/order:latest"), "a tag other than latest"),
        (bad(image="mercato/order"), "a tag other than latest"),
        (bad(resources={"requests": {"cpu": "1", "memory": "64Mi"}}), "limits of cpu and memory"),
        (bad(securityContext={"privileged": True}), "violates PodSecurity"),
        (bad(securityContext={}), "violates PodSecurity"),
    ],
    ids=["latest", "no tag", "no limits", "privileged", "capabilities"],
)
def test_the_api_server_refuses(release: Cluster, pod: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "pod.json").write_text(pod)

    said = release.kubectl("create", "--dry-run=server", "--filename", str(tmp_path / "pod.json"))

    assert said.status != 0
    assert says in said.complained


def test_the_api_server_takes_a_pod_as_it_should_be(release: Cluster, tmp_path: Path) -> None:
    (tmp_path / "pod.json").write_text(bad())

    release.kubectl("create", "--dry-run=server", "--filename", str(tmp_path / "pod.json")).well()


class Reader(threading.Thread):
    """Somebody who looks at the shop again and again, with a new connection for every fifth look."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.answers: Counter[str] = Counter()
        self.refusals: list[str] = []
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.05):
            with httpx2.Client(base_url=self.url, timeout=10) as client:
                for _ in range(5):
                    try:
                        uncached = {"limit": 3, "q": f"x{time.monotonic_ns() % 50}"}
                        answer = client.get("/api/v1/products", params=uncached)
                        self.answers[str(answer.status_code)] += 1
                        if answer.status_code != 200:
                            self.refusals.append(f"{time.strftime('%X')} {answer.text}")
                    except httpx2.HTTPError as fault:
                        self.answers[type(fault).__name__] += 1
                        self.refusals.append(f"{time.strftime('%X')} {fault!r}")

    def stop(self) -> Counter[str]:
        self.over.set()
        self.join(30)
        return self.answers


def test_an_upgrade_under_a_running_client_loses_no_request(release: Cluster) -> None:
    """All pods of ours are replaced: their settings change."""
    reader = Reader(release.url)
    reader.start()
    began = time.monotonic()

    release.deploy(*CHANGED).well()

    answers = reader.stop()
    print(f"upgraded in {time.monotonic() - began:.0f} s; {dict(answers)}")
    assert reader.refusals == []
    assert answers.total() > 100


def test_a_release_that_does_not_start_is_taken_back_by_itself(release: Cluster) -> None:
    before = release.helm("history", "shop", "--output", "json").well()
    reader = Reader(release.url)
    reader.start()

    said = release.deploy(*CHANGED, "--set", "images.digests.order=sha256:" + "0" * 64, "--timeout", "120s")

    answers = reader.stop()
    history = json.loads(release.helm("history", "shop", "--output", "json").well())
    assert said.status != 0
    assert len(history) == len(json.loads(before)) + 2
    assert [each["status"] for each in history[-2:]] == ["failed", "deployed"]
    assert "Rollback" in history[-1]["description"]
    assert reader.refusals == []
    assert answers.total() > 100
    assert httpx2.get(f"{release.url}/readyz", timeout=10).status_code == 200


def test_prometheus_finds_and_reaches_every_process_and_somebody_is_called_for_one_that_is_shut(
    release: Cluster,
) -> None:
    """Nobody waits for Grafana, Jaeger and the collector: there may be no images of theirs."""
    release.helm("upgrade", "shop", CHART, "--reuse-values", "--values", CHART / "values/observability.yaml").well()
    for each in ("statefulset/shop-prometheus", "statefulset/shop-alertmanager", "statefulset/shop-pager"):
        release.kubectl("rollout", "status", each, "--timeout=180s", seconds=200).well()
    processes = {f"{each}/{kind}" for each in SERVICES for kind in ("api", "worker")}
    processes |= {"gateway/gateway", "storefront/pages"}

    until(lambda: asked(release, 'up{job="shop"} == 1') == processes, 180, "every process to be scraped")
    release.kubectl("delete", "networkpolicy", "shop-notification-worker").well()
    # Who is connected stays so: with a new pod Prometheus has to begin anew.
    worker = "app.kubernetes.io/name=notification,app.kubernetes.io/component=worker"
    release.kubectl("delete", "pod", "--wait=false", "--selector", worker).well()

    firing = 'ALERTS{alertname="ServiceDown", alertstate="firing"}'
    until(lambda: asked(release, firing) == {"notification/worker"}, 240, "ServiceDown to fire")
    until(lambda: "[FIRING:1] ServiceDown notification" in mails(release), 60, "a mail to whoever is called")


def asked(release: Cluster, query: str) -> set[str]:
    """Of which processes Prometheus says it."""
    said = release.inside("statefulset/shop-prometheus", "promtool", "query", "instant", "http://127.0.0.1:9090", query)
    series = [dict(re.findall(r'(\w+)="([^"]*)"', each)) for each in said.said.splitlines()]
    return {f"{each['service']}/{each['process']}" for each in series if {"service", "process"} <= set(each)}


def mails(release: Cluster) -> str:
    read = "import urllib.request as web; print(web.urlopen('http://127.0.0.1:8000/mails').read().decode())"
    return release.inside("statefulset/shop-pager", "python", "-c", read).said


def test_with_the_defaults_the_door_for_developers_is_shut_and_a_visitor_can_look(release: Cluster) -> None:
    release.helm("uninstall", "shop", "--wait").well()
    stores = [] if release.kubectl("get", "pvc").status else ["pvc", "--all"]
    release.kubectl("delete", *stores).well()
    release.kubectl("delete", "secret", "shop-seed", "--ignore-not-found").well()
    values = ["--set", "images.tag=ci", "--set", "gateway.service.type=NodePort,gateway.service.nodePort=30080"]
    offline = ["--values", CHART / "values/offline.yaml"]

    release.helm(
        "install", "shop", CHART, *offline, *values, "--wait=legacy", "--wait-for-jobs", "--timeout", "10m"
    ).well()

    door = httpx2.get(f"{release.url}/dev/facts/order", headers={"X-Mercato-Door": "me"}, timeout=10)
    assert door.status_code == 404
    print(release.journeys("tests/journeys/test_looking.py", MERCATO_DOOR="closed").well().splitlines()[-1])


def test_uninstall_leaves_what_it_says_and_nothing_else(release: Cluster) -> None:
    release.helm("uninstall", "shop", "--wait").well()
    kinds = "all,secrets,configmaps,serviceaccounts,jobs,networkpolicies,ingresses,hpa,pdb"

    def left() -> set[str]:
        found = release.get(kinds, "--selector", "app.kubernetes.io/instance=shop")
        return {each for each in names(found) if not each.startswith("Endpoint")}

    until(lambda: left() <= KEPT, 60, f"{left()} to go")
    volumes = release.get("pvc")
    assert {each["metadata"]["name"] for each in volumes} == {
        *(f"data-shop-{each}-0" for each in ("postgres", "mongo", "rabbitmq", "psp", "mail", "phone"))
    }
