"""The fixtures of the capture API's tests."""

from tests.capture_edge.conftest import session

__all__ = ["session"]
