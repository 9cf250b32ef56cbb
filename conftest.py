"""The stores are at hand for every test."""

pytest_plugins = ["testkit.plugin", "testkit.evidence"]
