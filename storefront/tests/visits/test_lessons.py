"""The learning mode tells what is there."""

import pytest
from fastapi.routing import APIRoute
from storefront.learning import CHECKOUT, Lessons
from storefront.pages import ROUTERS

HERE = Lessons(code_url=None)


@pytest.mark.parametrize("file", sorted(HERE.files))
def test_every_named_file_is_there(file: str) -> None:
    assert (CHECKOUT / file).is_file()


def test_every_lesson_belongs_to_a_page() -> None:
    pages = {route.path for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)}

    assert HERE.routes - pages == set()


@pytest.mark.parametrize("file", ["uv.lock", "../mercato/gateway/routes.yaml", "/etc/hostname", "gateway/../uv.lock"])
def test_nothing_but_named_files_is_shown(file: str) -> None:
    assert HERE.text("gateway/routes.yaml")
    assert HERE.text(file) is None


def test_links_lead_to_the_repository_where_there_is_one() -> None:
    there = Lessons(code_url="https://git.example/shop/blob/main")

    assert there.address("docs/map.md") == "https://git.example/shop/blob/main/docs/map.md"
    assert HERE.address("docs/map.md") == "/behind/docs/map.md"


@pytest.mark.parametrize(
    ("path", "service"),
    [("/api/v1/products/mug", "product"), ("/api/v1/cart/merge", "order"), ("/api/v1/productsale", "shop")],
)
def test_a_question_is_named_after_who_answers_it(path: str, service: str) -> None:
    assert HERE.service(path) == service
