"""Who asks for exports; the fixtures of the capture API's tests."""

from tests.capture_edge.conftest import browser_of, program, session

__all__ = ["browser_of", "program", "session"]
