"""`python -m tests.chart.rendered`: deploy/k8s/rendered, made anew from the chart."""

from tests.chart.conftest import text_of
from tests.chart.test_values import DEPLOYED, RENDERED


def main() -> None:
    for environment in DEPLOYED:
        folder = RENDERED / environment
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "shop.yaml").write_text(text_of(environment))


if __name__ == "__main__":
    main()
