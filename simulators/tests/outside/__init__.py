"""A package of its own name: without it pytest would call these tests `simulators.tests`, and hide the real package."""
