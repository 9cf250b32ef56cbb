"""Where the payments live, and who moves the money."""
