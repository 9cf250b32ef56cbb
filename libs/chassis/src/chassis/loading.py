"""A process loads a thousand modules before it is ready. This comes first of all, so that they cost less."""

import gc
import os
import sys

NOT_SO_OFTEN = (50_000, 20, 20)
USUAL = gc.get_threshold()

# Classes and code are made to stay. While they become more and more, the collector would look through them again and
# again for what could go.
gc.set_threshold(*NOT_SO_OFTEN)

# Pydantic would ask everything that is installed whether it plugs into it. Nothing of ours does.
os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"

# FastAPI would load Pydantic's first version to ask whether a model is one of those. Where it is missing, none is.
sys.modules["pydantic.v1"] = None  # type: ignore[assignment] # pyrefly: ignore  the import system's word for "is missing"


def done() -> None:
    """What is there now stays until the process ends: nobody looks through it any more."""
    gc.freeze()
    gc.set_threshold(*USUAL)
