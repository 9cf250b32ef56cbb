"""How templates find what they name."""

from storefront.rendering import Facts


def test_a_fact_may_be_called_like_something_that_every_mapping_can_do() -> None:
    template = Facts().from_string(
        "{{ found.items|length }} {{ found.get('items')|length }} {{ found.more is defined }}"
    )

    assert template.render(found={"items": ["mug"]}) == "1 1 False"
