"""What every connection to a service has from its listening socket."""

import asyncio
import socket

from chassis.server import listen


async def test_answers_do_not_wait_for_each_other() -> None:
    accepted: asyncio.Queue[int] = asyncio.Queue()

    async def note(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.put_nowait(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    opened = listen("127.0.0.1", 0)
    async with await asyncio.start_server(note, sock=opened):
        _reader, writer = await asyncio.open_connection(*opened.getsockname())
        no_delay = await accepted.get()
        writer.close()
        await writer.wait_closed()

    assert no_delay != 0
