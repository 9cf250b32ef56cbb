"""How often each scar is tried."""

import os

TIMES = int(os.environ.get("MERCATO_SCARS", "10"))
"""`MERCATO_SCARS=1000` is the size that counts."""
