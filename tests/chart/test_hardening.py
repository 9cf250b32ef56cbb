"""What every pod of every environment may not do."""

import copy
from collections.abc import Iterator

import pytest

from tests.chart.conftest import ENVIRONMENTS, Manifest, Render, Rendering


def containers(template: Manifest) -> Iterator[Manifest]:
    yield from template["spec"].get("initContainers", ())
    yield from template["spec"]["containers"]


def loose(template: Manifest) -> Iterator[str]:
    """Where a pod may do more than the restricted Pod Security Standard lets it, or than it needs."""
    spec = template["spec"]
    if spec.get("automountServiceAccountToken", True):
        yield "holds a token of the cluster"
    if spec.get("enableServiceLinks", True):
        yield "is told of every Service"
    if not spec["securityContext"].get("runAsNonRoot") or spec["securityContext"].get("runAsUser", 0) == 0:
        yield "may be root"
    if spec["securityContext"].get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "may call anything in the kernel"
    for each in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(each):
            yield each
    for volume in spec.get("volumes", ()):
        if not volume.keys() & {"secret", "emptyDir", "configMap", "projected"}:
            yield f"volume {volume['name']} is none of those that it needs"
        if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
            yield f"volume {volume['name']} has no bound"
    for container in containers(template):
        yield from (f"{container['name']} {fault}" for fault in _loose(container))


def _loose(container: Manifest) -> Iterator[str]:
    context = container.get("securityContext", {})
    if context.get("allowPrivilegeEscalation", True):
        yield "may gain privileges"
    if not context.get("readOnlyRootFilesystem"):
        yield "may write to its image"
    if context.get("capabilities") != {"drop": ["ALL"]}:
        yield "has capabilities"
    for kind in ("requests", "limits"):
        if container.get("resources", {}).get(kind, {}).keys() != {"cpu", "memory"}:
            yield f"has no {kind}"
    name, _, tag = container["image"].rpartition(":")
    if not name or "/" in tag or tag == "latest":
        yield "is whatever image is newest"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_pod_may_more_than_it_needs(environment: str, render: Render) -> None:
    found = {name: list(loose(template)) for name, template in render(environment).templates().items()}

    # Prometheus asks Kubernetes who is there.
    known = {"StatefulSet/shop-prometheus": ["holds a token of the cluster"]} if environment == "observability" else {}
    assert {name: faults for name, faults in found.items() if faults} == known
    assert len(found) > 15


def test_what_is_loose_is_found(render: Render) -> None:
    template = copy.deepcopy(dict(render().templates()["Deployment/shop-order"]))
    spec = template["spec"]
    spec["automountServiceAccountToken"] = True
    spec["securityContext"] = {}
    spec["volumes"].append({"name": "node", "hostPath": {"path": "/"}})
    [container] = spec["containers"]
    container["image"] = "mercato/order:latest"
    container["securityContext"] = {}
    del container["resources"]

    assert len(list(loose(template))) == 10


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_process_of_ours_has_three_probes_that_mean_different_things(environment: str, render: Render) -> None:
    deployments = render(environment).of("Deployment")
    ours = [each for each in deployments if each["metadata"]["name"] != "shop-gateway"]

    for each in ours:
        [container] = each["spec"]["template"]["spec"]["containers"]
        asked = [container[f"{probe}Probe"]["httpGet"]["path"] for probe in ("startup", "readiness", "liveness")]
        assert asked == ["/startupz", "/readyz", "/livez"]
    assert len(ours) == 11


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_new_version_never_leaves_fewer_than_there_were(environment: str, render: Render) -> None:
    for each in render(environment).of("Deployment"):
        assert each["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
        assert each["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 45


def test_who_scales_says_no_number_of_replicas(render: Render) -> None:
    scaling, fixed = render("default"), render("ci")

    scaled = {each["spec"]["scaleTargetRef"]["name"] for each in scaling.of("HorizontalPodAutoscaler")}
    assert scaled == {f"shop-{each}" for each in ("user", "product", "order", "payment", "notification", "storefront")}
    assert {each["metadata"]["name"] for each in scaling.of("Deployment") if "replicas" not in each["spec"]} == scaled
    assert [each for each in fixed.of("Deployment") if "replicas" not in each["spec"]] == []
    assert fixed.of("HorizontalPodAutoscaler") == fixed.of("PodDisruptionBudget") == []


def test_another_image_makes_another_migration_and_leaves_the_stores_alone(render: Render) -> None:
    before, after = render("ci"), render("ci", images__tag="next")

    assert jobs(before).isdisjoint(jobs(after))
    for store in ("postgres", "mongo", "rabbitmq", "valkey"):
        same = (release.one("StatefulSet", f"shop-{store}")["spec"] for release in (before, after))
        assert next(same) == next(same)


def jobs(release: Rendering) -> set[str]:
    return {each["metadata"]["name"] for each in release.of("Job")}


def test_a_digest_wins_over_a_tag(render: Render) -> None:
    digest = "sha256:" + "a" * 64

    release = render(images__digests={"order": digest}, images__registry="registry.example/")

    found = {name: [each["image"] for each in containers(of)] for name, of in release.templates().items()}
    assert found["Deployment/shop-order"] == [f"registry.example/mercato/order@{digest}"]
    assert found["Deployment/shop-user"] == ["registry.example/mercato/user:0.1.0"]
