"""The whole street in one process, with its stores in memory. The only place that knows all five services."""
