from pathlib import Path

from order_service.domain.diagram import mermaid
from order_service.settings import OrderSettings

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_diagram_in_the_readme_is_the_table() -> None:
    assert f"```mermaid\n{mermaid()}\n```" in README, "replace it by what `python -m order_service.cli diagram` prints"


def test_every_own_setting_is_explained() -> None:
    own = set(OrderSettings.model_fields) - set(OrderSettings.__mro__[1].model_fields)

    assert [name for name in sorted(own) if f"`{name.upper()}`" not in README] == []
