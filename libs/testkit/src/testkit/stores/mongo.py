"""MongoDB as a replica set of one, which is what makes majority writes mean something."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from testkit.stores.server import Server, find_program

ALREADY_INITIALIZED = 23


class Mongo(Server):
    name = "mongo"
    users = ("mongodb", "mongod")

    def __init__(self, program: Path) -> None:
        self._program = program
        self.alone = False
        """Shall the next start be one without a replica set?"""
        super().__init__()

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/?replicaSet=rs0"

    def command(self) -> Sequence[str]:
        return [
            str(self._program),
            *("--dbpath", str(self.data), "--port", str(self.port), "--bind_ip", "127.0.0.1"),
            *("--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64", "--nounixsocket"),
            *(() if self.alone else ("--replSet", "rs0")),
        ]

    def answers(self) -> bool:
        direct = f"mongodb://127.0.0.1:{self.port}/?directConnection=true"
        client: MongoClient[dict[str, Any]] = MongoClient(direct, serverSelectionTimeoutMS=300)
        try:
            if client.admin.command("hello").get("isWritablePrimary"):
                return True
            members = [{"_id": 0, "host": f"127.0.0.1:{self.port}"}]
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
        except OperationFailure as refused:
            if refused.code != ALREADY_INITIALIZED:
                return False
        except PyMongoError:
            return False
        finally:
            client.close()
        return False


def find_mongo(*folders: str) -> Path | None:
    return find_program("mongod", "usr/bin", *folders)
