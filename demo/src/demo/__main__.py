"""`python -m demo`: the whole shop in one process, ready in seconds, gone with Ctrl-C."""

import sys
from time import monotonic

BEGAN = monotonic()

from demo.opening import main  # noqa: E402 - imports are most of the start, so the clock runs before them

if __name__ == "__main__":
    sys.exit(main(began=BEGAN))
