"""Envoy accepts every rendering, and they differ in nothing but where things are."""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from demo.gateway import Gateway
from demo.routes import read_routes
from gateway.__main__ import main
from gateway.place import Address, Listen, Place, Service, read_place, write_place
from gateway.process import binary
from gateway.rendering import bootstrap, discovery
from gateway.table import BEHIND, ROUTES, TableRefused, read_table
from starlette.responses import PlainTextResponse

NAMES = ("local", "compose")


def every_place() -> dict[str, Place]:
    found = {name: read_place(name) for name in NAMES}
    local = found["local"]
    one = local.services["order"]
    found["local with canaries"] = replace(
        local, services={**local.services, "order": Service(one.stable, one.stable, canary_weight=10)}
    )
    found["local traced"] = replace(local, collector=Address("127.0.0.1", 4318), metrics=Address("127.0.0.1", 9901))
    found["local with origins"] = replace(local, origins=("https://shop.example",))
    return found


PLACES = every_place()


def inlined(place: Place, folder: Path) -> str:
    """One document for `--mode validate`, which does not look into the file of routes: they are put in here."""
    for page in ("openapi.json", "docs.html"):
        (folder / page).write_bytes((ROUTES.parent / page).read_bytes())
    (folder / "cache").mkdir(exist_ok=True)
    here = replace(place, folder=str(folder), cache_folder=str(folder / "cache"), access_log=str(folder / "log"))
    document, routes = bootstrap(here, read_table()), discovery(here, read_table())["resources"][0]
    del routes["@type"]
    for manager in managers(document):
        if manager.pop("rds", None):
            manager["route_config"] = routes
    return json.dumps(document)


def managers(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for listener in document["static_resources"]["listeners"]:
        yield listener["filter_chains"][0]["filters"][0]["typed_config"]


@pytest.mark.parametrize("name", PLACES)
def test_envoy_accepts_it_and_has_nothing_to_complain_about(name: str, tmp_path: Path) -> None:
    file = tmp_path / "envoy.json"
    file.write_text(inlined(PLACES[name], tmp_path))

    told = subprocess.run(
        [binary(), "--mode", "validate", "-c", str(file), "-l", "warning"], capture_output=True, text=True, timeout=60
    )

    assert told.returncode == 0, told.stderr[-2000:]
    assert "Deprecated" not in told.stderr
    known = re.compile(r"work-in-progress|jwks|Jwks")
    assert [
        line for line in told.stderr.splitlines() if re.search(r"\[(warning|error)\]", line) and not known.search(line)
    ] == []


def test_envoy_would_refuse_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "envoy.json"
    file.write_text(inlined(PLACES["local"], tmp_path).replace("max_request_bytes", "max_request_bites"))

    told = subprocess.run([binary(), "--mode", "validate", "-c", str(file)], capture_output=True, text=True, timeout=60)

    assert told.returncode != 0
    assert "max_request_bites" in told.stderr


def shape(node: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from shape(value, f"{at}.{key}")
    elif isinstance(node, list):
        for n, value in enumerate(node):
            yield from shape(value, f"{at}[{n}]")
    else:
        yield at, node


WHERE = re.compile(
    r"(address|port_value|path|filename|uri|max_tokens|tokens_per_fill|cache_duration|xff_num_trusted_hops)$"
)


def test_renderings_differ_only_in_where_things_are() -> None:
    """Once all have the same doors, that is; and but for limits, which are raised where tests live."""
    somewhere = Address("x", 1)
    same = {"metrics": somewhere, "collector": somewhere, "door": somewhere, "public": Listen(somewhere), "admin": "1"}
    table = read_table()

    ours, theirs = (
        dict(shape({**bootstrap(place, table), **discovery(place, table)}))
        for place in (replace(PLACES["local"], **same), replace(PLACES["compose"], **same))
    )

    unlike = {key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}
    assert [key for key in sorted(unlike) if not WHERE.search(key)] == []
    assert unlike


def test_rendering_writes_whole_files_and_nothing_else(tmp_path: Path) -> None:
    main(["render", "--for", "compose", "--out", str(tmp_path)])
    main(["routes", "--for", "compose", "--out", str(tmp_path)])

    assert {each.name for each in tmp_path.iterdir()} == {"envoy.yaml", "rds.yaml", "openapi.json", "docs.html"}
    assert yaml.safe_load((tmp_path / "rds.yaml").read_text()) == discovery(read_place("compose"), read_table())


@pytest.mark.parametrize("name", PLACES)
def test_a_place_that_is_written_down_is_read_again_as_it_was(tmp_path: Path, name: str) -> None:
    place = replace(PLACES[name], origins=("https://shop.example",))

    write_place(place, tmp_path / "place.yaml")

    assert read_place(str(tmp_path / "place.yaml")) == place


@pytest.mark.parametrize("name", PLACES)
def test_nothing_routes_to_the_admin_interface(name: str) -> None:
    place = PLACES[name]
    document = bootstrap(place, read_table())

    routes = json.dumps(discovery(place, read_table()))
    address = document["admin"]["address"]

    assert '"admin"' not in routes
    assert "pipe" in address or address["socket_address"]["address"] == "127.0.0.1"


def test_the_table_says_for_every_route_what_it_is() -> None:
    table = read_table()
    named = {each.name for each in table.classes}

    assert {row.service for row in table.rows} <= set(BEHIND)
    assert {row.kind for row in table.rows} <= named
    assert all(row.first for row in table.rows if row.kind in ("checkout", "webhook"))
    assert not any(row.cache for row in table.rows if row.auth != "public")


def test_the_demo_walks_the_same_table() -> None:
    assert [(each.prefix, each.service) for each in read_routes()] == [
        (row.prefix, row.service) for row in read_table().rows
    ]


@pytest.mark.parametrize(
    ("path", "answers"),
    [
        *((path, "problem") for path in ("/api", "/api/", "/api/v1/nothing", "/.well-known", "/.well-known/nothing")),
        *((path, "door") for path in ("/dev", "/dev/mail/mails")),
        *((path, "page") for path in ("/", "/apis", "/developers", "/orders/1/live")),
    ],
)
async def test_the_demo_gives_programs_no_page_either(path: str, answers: str) -> None:
    gateway = Gateway(read_routes(), {}, door=PlainTextResponse("door"))
    gateway.show(PlainTextResponse("page"))

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(gateway), base_url="http://demo") as client:
        answer = await client.get(path)

    assert answer.text == answers or (answers == "problem" and answer.json()["status"] == 404)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("{ prefix: /x, service: order, class: nonsense }", "there is no class nonsense"),
        ("{ prefix: /x, service: nobody, class: cart }", "there is no service nobody"),
        ("{ prefix: /x, service: order, class: cart, timeuot: 3 }", "timeuot"),
        ("{ prefix: /, service: storefront, class: page }", "comes last"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused(tmp_path: Path, row: str, says: str) -> None:
    file = tmp_path / "routes.yaml"
    document = ROUTES.read_text()
    file.write_text(document.replace("routes:\n", f"routes:\n  - {row}\n", 1))

    with pytest.raises(TableRefused, match=says):
        read_table(file)


def test_what_needs_a_token_by_the_document_is_asked_for_one_at_the_edge() -> None:
    """The other way round would lock people out: no operation that is open may stand on a row that requires one."""
    document = json.loads((ROUTES.parent / "openapi.json").read_text())
    rows = read_table().rows
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            row = next(
                each
                for each in rows
                if (path == each.prefix or path.startswith(f"{each.prefix}/")) and each.method in (None, verb.upper())
            )
            if "security" not in operation:
                assert row.auth != "required", f"{verb} {path}"
            else:
                assert row.auth != "public", f"{verb} {path}"
