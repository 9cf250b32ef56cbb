"""The compose rung from outside: one command, one address, and containers that can be looked at and killed."""

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dev.ports import free_ports

from tests.dev.rung import CHECKOUT, until

SHOP = CHECKOUT / "deploy/compose/shop"
OPEN_SECONDS = 900
"""Images may have to be built first."""
BACK_SECONDS = 120
LABEL = "com.docker.compose"

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Container:
    """As the engine describes it."""

    facts: Facts

    @property
    def id(self) -> str:
        return self.facts["Id"]

    @property
    def service(self) -> str:
        return self.facts["Config"]["Labels"][f"{LABEL}.service"]

    @property
    def pid(self) -> int:
        """Of its main process, as this machine numbers it; 0 when it does not run."""
        return self.facts["State"]["Pid"]

    @property
    def well(self) -> bool:
        return self.facts["State"].get("Health", {}).get("Status") == "healthy"

    @property
    def runs(self) -> bool:
        return self.facts["State"]["Running"]

    @property
    def networks(self) -> set[str]:
        return set(self.facts["NetworkSettings"]["Networks"])

    @property
    def addresses(self) -> Mapping[str, str]:
        """Network -> address, without the project's name."""
        networks = self.facts["NetworkSettings"]["Networks"]
        return {name.partition("_")[2]: each["IPAddress"] for name, each in networks.items() if each["IPAddress"]}


@dataclass
class Stack:
    """One compose project of its own, on a port of its own, until it is closed."""

    project: str
    port: int
    resends: int = 0
    """How many mails may have come twice so far."""
    more: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @cached_property
    def engine(self) -> Mapping[str, str]:
        """Where the engine is, as `scripts/docker` says it."""
        ask = f'eval "$({CHECKOUT}/scripts/docker env)" && env -0'
        told = subprocess.run(["bash", "-c", ask], stdout=subprocess.PIPE, text=True, check=True)
        return dict(line.partition("=")[::2] for line in told.stdout.split("\0") if "=" in line)

    @property
    def told(self) -> Mapping[str, str]:
        """Which project compose shall take."""
        return {"COMPOSE_PROJECT_NAME": self.project, "MERCATO_PORT": str(self.port), **self.more}

    def shop(self, *arguments: str, seconds: float = 300, **more: str) -> str:
        """`deploy/compose/shop …` for this project; what it said. Fails with everything that it said."""
        return self._run([str(SHOP), *arguments], seconds, {**self.told, **more})

    async def upgrade(self, tag: str) -> str:
        """Bring the services to the images of this tag, by the command that is for it; ended when the test is."""
        told = {**self.engine, **self.told}
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = await asyncio.create_subprocess_exec(
            SHOP.with_name("upgrade"), tag, cwd=CHECKOUT, env=told, start_new_session=True, **pipes
        )
        try:
            said, complained = await process.communicate()
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        assert process.returncode == 0, f"{said.decode()[-3000:]}\n{complained.decode()[-3000:]}"
        return said.decode()

    def build(self, checkout: Path, tag: str, *names: str) -> None:
        """Images of this project's shop from another checkout, as `make images` builds them."""
        self._run([str(checkout / "deploy/images/build"), *names], OPEN_SECONDS, {"TAG": tag})

    def docker(self, *arguments: str, seconds: float = 60) -> str:
        return self._run(["docker", *arguments], seconds, {})

    def _run(self, command: Sequence[str], seconds: float, told: Mapping[str, str]) -> str:
        ran = subprocess.run(
            command,
            cwd=CHECKOUT,
            env={**self.engine, **told},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        assert ran.returncode == 0, f"{command}: {ran.returncode}\n{ran.stdout[-6000:]}\n{ran.stderr[-6000:]}"
        return ran.stdout

    def containers(self, service: str | None = None) -> list[Container]:
        """All of the project, those that have ended too."""
        asked = [f"label={LABEL}.project={self.project}", *([f"label={LABEL}.service={service}"] if service else [])]
        ids = self.docker("ps", "--all", "--quiet", *(f"--filter={each}" for each in asked)).split()
        return [Container(each) for each in json.loads(self.docker("inspect", *ids))] if ids else []

    def one(self, service: str) -> Container:
        [found] = self.containers(service)
        return found

    @property
    def staying(self) -> list[Container]:
        """Those that are meant to run: everybody but the jobs."""
        return [each for each in self.containers() if each.facts["HostConfig"]["RestartPolicy"]["Name"] != "on-failure"]

    def kill_and_see_it_back(self, service: str) -> None:
        """SIGKILL to its main process, from outside: the engine takes that for a crash and starts it again."""
        before = self.one(service)
        os.kill(before.pid, signal.SIGKILL)

        def back() -> bool:
            now = self.one(service)
            return now.runs and now.pid != before.pid and now.well

        until(back, f"{service} to be back", BACK_SECONDS)

    def sh(self, container: Container, script: str, *arguments: str) -> str:
        """Python inside a container of ours."""
        return self.docker("exec", container.id, "python", "-c", script, *arguments)

    def tail(self) -> str:
        """What the containers said last."""
        return self.shop("logs", "--no-color", "--tail", "5")

    def left(self) -> dict[str, str]:
        """What the engine still has of the project."""
        mine = f"--filter=label={LABEL}.project={self.project}"
        asked = {"container": ("ps", "--all"), "network": ("network", "ls"), "volume": ("volume", "ls")}
        return {kind: said for kind, verb in asked.items() if (said := self.docker(*verb, "--quiet", mine))}

    def close(self) -> None:
        """Nothing of it is left."""
        pids = [each.pid for each in self.containers() if each.pid]
        self.shop("down", "--volumes", "--remove-orphans", "--timeout", "20")
        assert self.left() == {}
        assert [each for each in pids if os.path.exists(f"/proc/{each}")] == []


def open_stack(name: str, **more: str) -> Stack:
    """Returns once a customer can be served."""
    (port,) = free_ports(1)
    stack = Stack(f"mercato-{name}-{port}", port, more=more)
    began = time.monotonic()
    try:
        said = stack.shop("open", seconds=OPEN_SECONDS)
    except BaseException:  # Ctrl-C too: nothing may be left; it is raised again
        print(stack.shop("logs", "--tail", "30"))
        stack.close()
        raise
    assert stack.url in said
    print(f"open {time.monotonic() - began:.1f} s after `make up`, images included")
    return stack
