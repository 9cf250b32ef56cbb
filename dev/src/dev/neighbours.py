"""`python -m dev.neighbours LISTEN:TARGET,TARGET …`: one address for several replicas, as a Service is in a cluster.

The public door has Envoy for this. Between services a cluster's own network does it; on this machine, these lines do.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

CONNECT_SECONDS = 0.1
CHUNK = 64 * 1024


@dataclass
class Address:
    """Connections go to the targets in turn; to the next one where nobody answers."""

    listen: int
    targets: Sequence[int]

    def __post_init__(self) -> None:
        self._turns = count()

    async def serve(self) -> None:
        server = await asyncio.start_server(self._meet, "127.0.0.1", self.listen)
        await server.serve_forever()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = next(self._turns)
        for step in range(len(self.targets)):
            port = self.targets[(first + step) % len(self.targets)]
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    there, back = await asyncio.open_connection("127.0.0.1", port)
            except (OSError, TimeoutError):
                continue
            # When one side hangs up, the other side shall know.
            ways = {asyncio.create_task(_carry(reader, back)), asyncio.create_task(_carry(there, writer))}
            _, open_still = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in open_still:
                way.cancel()
            back.close()
            break
        writer.close()


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while part := await source.read(CHUNK):
            sink.write(part)
            await sink.drain()
    except OSError:
        return


async def _run(addresses: Sequence[str]) -> None:
    async with asyncio.TaskGroup() as group:
        for each in addresses:
            listen, _, targets = each.partition(":")
            group.create_task(Address(int(listen), [int(target) for target in targets.split(",")]).serve())


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1:]))
