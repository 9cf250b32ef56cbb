"""The images run locked up as compose and a cluster lock them up."""

import time

import pytest

from .engine import INSIDE, OURS, SERVICES, container, docker, image, look, run, until

pytestmark = pytest.mark.usefixtures("built")

IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
found = [each.name for each in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
for name in found:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(found))
"""
LOOKS = """
import re, urllib.request
def get(path):
    return urllib.request.urlopen("http://127.0.0.1:8000" + path, timeout=20)
page = get("/")
text = page.read().decode()
found = set(re.findall(r'/static/[^"]+', text))
sheets = [get(each).read().decode() for each in found if each.endswith(".css")]
letters = {each for sheet in sheets for each in re.findall(r'/static/[^")]+', sheet)}
kinds = sorted({each.rpartition(".")[2] for each in found | letters if get(each).status == 200})
print(page.status, page.headers["content-type"].split()[0], *kinds)
"""
SAYS = """
import asyncio, fastapi
from order_service.use_cases.place_order import PlaceOrder
print([bool(each.__doc__) for each in (asyncio, asyncio.Event.wait, fastapi.FastAPI, fastapi.FastAPI.include_router)])
print(bool(PlaceOrder.__doc__))
fastapi.Response().set_cookie("name", samesite="no such thing")
"""
ANSWERS = """
import http.server, sys
class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response({status} if self.path == "/readyz" else 404)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", {port}), Answers).serve_forever()
"""


@pytest.mark.parametrize("name", OURS)
def test_it_says_who_it_is_and_who_runs_it(name: str) -> None:
    told = look(
        image(name),
        '{{.Config.User}} {{index .Config.Labels "org.opencontainers.image.title"}}'
        ' {{index .Config.Labels "org.opencontainers.image.licenses"}} {{json .Config.Healthcheck.Test}}',
    )

    user, rest = told.split(" ", 1)
    assert user == "10001:10001"
    assert rest.startswith("mercato ")
    assert rest.endswith('Apache-2.0 ["CMD","python","-IS","/app/healthy"]')
    assert run(image(name), "python", "-c", "import os; print(os.getuid(), os.getgid())").stdout == "10001 10001\n"


@pytest.mark.parametrize("name", OURS)
def test_every_module_of_it_finds_what_it_needs(name: str) -> None:
    package = f"{name}_service" if name in SERVICES else name

    ran = run(image(name), "python", "-c", IMPORT_ALL, package)

    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout.splitlines()[-1]) > 3


def test_what_others_made_keeps_its_assertions_and_not_its_docstrings() -> None:
    ran = run(image("order"), "python", "-c", SAYS)

    assert ran.stdout == "[False, False, False, False]\nTrue\n"
    assert "AssertionError: samesite must be" in ran.stderr


@pytest.mark.parametrize("room", ["main", "worker"])
@pytest.mark.parametrize("name", SERVICES)
def test_without_its_settings_a_service_refuses_by_name(name: str, room: str) -> None:
    ran = run(image(name), "python", "-m", f"{name}_service.{room}")

    assert ran.returncode == 2, ran.stderr
    assert f"{name}: setting {name.upper()}_BROKER_URL: Field required" in ran.stderr


def test_without_its_settings_the_storefront_refuses_by_name() -> None:
    ran = run(image("storefront"), "python", "-m", "storefront.main")

    assert ran.returncode == 2, ran.stderr
    for setting in ("API_URL", "PUBLIC_URL", "SEAL_SECRET"):
        assert f"storefront: setting STOREFRONT_{setting}: Field required" in ran.stderr


def test_the_storefront_becomes_healthy_and_has_its_templates_styles_and_letters() -> None:
    told = {"API_URL": "http://nobody:8081", "PUBLIC_URL": "http://127.0.0.1:8080", "SEAL_SECRET": "s" * 32}
    ports = {"PUBLIC_PORT": "8000", "INTERNAL_PORT": "8001"}
    options = [word for name, value in {**told, **ports}.items() for word in ("--env", f"STOREFRONT_{name}={value}")]
    with container(image("storefront"), "python", "-m", "storefront.main", options=tuple(options)) as name:
        until(lambda: look(name, "{{.State.Health.Status}}") == "healthy", of=name, what="the engine calls it healthy")

        seen = docker("exec", name, "python", "-c", LOOKS).stdout.split()

    assert seen == ["200", "text/html;", "css", "js", "svg", "woff2"]


@pytest.mark.parametrize(
    "command", [("order", "order_service.cli"), ("shopctl", "shopctl"), ("simulators", "simulators")]
)
def test_the_consoles_answer(command: tuple[str, str]) -> None:
    name, module = command

    ran = run(image(name), "python", "-m", module, "--help")

    assert ran.returncode == 0, ran.stderr
    assert "usage:" in ran.stdout


@pytest.mark.parametrize(("room", "setting"), [("main", "ORDER_INTERNAL_PORT"), ("worker", "ORDER_WORKER_PORT")])
@pytest.mark.parametrize(("status", "healthy"), [(200, 0), (204, 0), (503, 1)])
def test_the_health_check_asks_the_room_that_runs(room: str, setting: str, status: int, healthy: int) -> None:
    stands_in = ("python", "-c", ANSWERS.format(status=status, port=8123), "-m", f"order_service.{room}")
    with container(image("order"), *stands_in, options=("--env", f"{setting}=8123")) as name:
        said: list[str] = []

        def answered() -> bool:
            ran = docker("exec", name, "python", "/app/healthy", check=False)
            said.append(ran.stderr)
            return "Refused" not in ran.stderr and ran.returncode == healthy

        until(answered, of=name, what=f"the check exits with {healthy}")
        assert healthy == 0 or "/readyz: 503" in said[-1]


def test_a_simulator_becomes_healthy() -> None:
    command = ("python", "-m", "simulators", "mail", "--smtp-port", "2525", "--http-port", "8000")
    with container(image("simulators"), *command) as name:
        until(lambda: look(name, "{{.State.Health.Status}}") == "healthy", of=name, what="the engine calls it healthy")


def test_the_gateway_renders_starts_and_leaves_when_it_is_asked_to() -> None:
    with container(image("gateway")) as name:

        def refuses() -> bool:
            return "/readyz: 503" in docker("exec", name, "python", "/app/healthy", check=False).stderr

        until(refuses, of=name, what="Envoy says that nobody is behind it")
        assert docker("exec", name, "ls", INSIDE).stdout.split() == ["cache", "envoy"]
        began = time.monotonic()
        docker("stop", "--time", "30", name)

        assert look(name, "{{.State.ExitCode}}") == "0"
        assert time.monotonic() - began < 15
