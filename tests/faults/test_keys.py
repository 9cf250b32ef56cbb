"""Signing keys are rotated under load, and nobody whose token is good is sent away: by the edge, or by a service."""

import asyncio
import os
import time
from pathlib import Path

import httpx2
import pytest
from chassis.auth import REFETCH_SECONDS
from dev.envoy import KEYS_FETCHED, Gateway
from gateway.admin import number

from tests.faults.shop.crowd import Crowd
from tests.faults.shop.keys import PATHS, WAYS, Askers, Rotation, doors, envoy

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROTATIONS = int(os.environ.get("MERCATO_ROTATIONS", "2"))
"""`MERCATO_ROTATIONS=10` is the size that counts."""


async def known_at_the_edge(edge: Gateway) -> None:
    """Returns when Envoy has fetched the keys anew, from the beginning to the end."""
    before = number(edge.place.admin, KEYS_FETCHED)
    async with asyncio.timeout(60):
        while number(edge.place.admin, KEYS_FETCHED) < before + 2:
            await asyncio.sleep(0.1)


async def test_rotations_under_load_refuse_no_valid_token(crowd: Crowd, tmp_path: Path) -> None:
    rotation = Rotation(crowd.street)
    async with envoy(crowd.street, tmp_path) as edge, httpx2.AsyncClient(timeout=20) as client:
        session = await crowd.street.staff_session()
        askers = Askers(client, doors(crowd.street, edge), str(session["refresh_token"]))
        async with askers.at_work():
            [kid] = kids = list(askers.tokens)
            await askers.taken_everywhere(kid)
            calm_since = time.monotonic()
            for _ in range(ROTATIONS):
                await rotation.step("publish")
                await known_at_the_edge(edge)
                # A service that has just asked for the keys asks again only now. It has a quarter of an hour otherwise.
                await asyncio.sleep(max(0.0, calm_since + REFETCH_SECONDS + 1 - time.monotonic()))
                rotation.let_overlap_pass()
                old, kid = kid, await rotation.step("promote")
                await askers.taken_everywhere(kid)
                calm_since = time.monotonic()
                await askers.taken_everywhere(old)
                askers.outlive(old)
                rotation.let_overlap_pass()
                await rotation.step("retire")
                kids.append(kid)
            await askers.taken_everywhere(kid)
    # So much time has passed for the keys; for customers of the tests before it has, too.
    crowd.forget_tokens()

    taken = {seen for seen, status in askers.answers if status == 200}
    print(f"{askers.answers.total()} requests, {ROTATIONS} rotations, keys: {len(kids)}; refused: {askers.refused()}")
    assert askers.refused() == {}
    assert len(set(kids)) == ROTATIONS + 1
    assert taken == {(service, way, each) for service in PATHS for way in WAYS for each in kids}
