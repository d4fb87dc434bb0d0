"""Codes in the log of the worker process: for a first look, and for whoever reads the log."""

import logging

logger = logging.getLogger(__name__)


class ConsoleSender:
    makes_codes = False

    def send(self, *, address: str, code: str) -> None:
        logger.warning("The code for %s is %s (no sender is configured)", address, code)

    def check(self, *, address: str, code: str) -> bool:
        return False
