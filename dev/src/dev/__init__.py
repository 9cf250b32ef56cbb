"""The rung of real processes: everything that production has, on this machine, with reload."""
