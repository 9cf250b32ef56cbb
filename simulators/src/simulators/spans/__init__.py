"""A collector that keeps the spans it is sent, for tests and developers to look at."""

from simulators.spans.catcher import SpanCatcher

__all__ = ["SpanCatcher"]
