from datetime import UTC, datetime
from uuid import RFC_4122, UUID

from product_service.adapters.seed_catalogue import seed_catalogue
from product_service.adapters.seed_ids import seed_id

IDS = [product.id for product, _ in seed_catalogue().products]


def test_an_id_is_the_same_in_every_run() -> None:
    assert seed_id("hearth-cast-iron-pan", department=1, row=0) == UUID("019cad90-9660-772c-800b-aedda5516178")


def test_ids_are_of_version_7_whatever_the_slug() -> None:
    for each in (*IDS, *(seed_id(f"thing-{number}", department=3, row=number) for number in range(200))):
        assert (each.version, each.variant) == (7, RFC_4122), each


def test_an_id_tells_the_day_of_its_delivery() -> None:
    arrived = seed_id("stone-mug", department=2, row=8).int >> 80

    assert datetime.fromtimestamp(arrived // 1000, UTC) == datetime(2026, 3, 10, 8, 2, tzinfo=UTC)


def test_within_a_department_ids_sort_like_the_file() -> None:
    rows = [seed_id(slug, department=4, row=row) for row, slug in enumerate(("z", "a", "m"))]

    assert rows == sorted(rows)


def test_a_delivery_brings_one_product_of_every_department() -> None:
    departments = {category.slug: category.parent for category in seed_catalogue().categories}
    first_ten = [departments[product.category] for product, _ in seed_catalogue().products[:10]]

    assert first_ten == [category.slug for category in seed_catalogue().categories if category.parent is None]


def test_the_catalogue_comes_in_the_order_of_its_ids() -> None:
    assert sorted(IDS) == IDS
