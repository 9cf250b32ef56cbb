"""How often each scar is tried, and how long that may take."""

import os

TIMES = int(os.environ.get("MERCATO_SCARS", "10"))
"""`MERCATO_SCARS=1000` is the size that counts."""
PATIENCE_SECONDS = 60 + 2 * TIMES
PAUSE_SECONDS = 0.05 + TIMES / 500
"""Between two looks at all that there is: the more there is, the dearer is a look."""
