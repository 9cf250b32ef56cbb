"""The tests' own stores may be containers: a contract suite of each kind of store, on the images that compose runs."""

import os
import re
import subprocess
import sys

import pytest

from tests.compose.stack import Stack
from tests.dev.rung import CHECKOUT

SUITES = {
    "postgres": "services/payment/tests/adapters",
    "mongo": "services/order/tests/adapters",
    "rabbit": "libs/chassis/tests/test_broker.py",
    "redis": "libs/chassis/tests/test_rate_limits.py",
}
IMAGES = {"postgres": "postgres", "mongo": "mongo", "redis": "valkey", "rabbit": "rabbitmq"}


@pytest.mark.parametrize("kind", SUITES)
def test_a_contract_suite_passes_on_containers(stack: Stack, kind: str) -> None:
    images = {
        f"MERCATO_TEST_{each.upper()}_IMAGE": stack.one(service).facts["Config"]["Image"]
        for each, service in IMAGES.items()
    }
    alone = {"MERCATO_TEST_STORES": "containers", "TESTCONTAINERS_RYUK_DISABLED": "true"}
    told = {**os.environ, **stack.engine, **images, **alone}
    # Only a private process can be taken away in the middle of a test.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not without_redis", SUITES[kind]]
    ran = subprocess.run(command, cwd=CHECKOUT, env=told, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert int(re.findall(r"(\d+) passed", ran.stdout)[-1]) > 5
