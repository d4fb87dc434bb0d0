"""Who asks for analytics; the fixtures of the capture API's tests."""

from tests.capture_edge.conftest import program, session

__all__ = ["program", "session"]
