"""Media folders of a test's own, shared with the tests of videos."""

from tests.videos.conftest import media_folder, private_folder

__all__ = ["media_folder", "private_folder"]
