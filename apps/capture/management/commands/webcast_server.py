"""Run a local Webcast server with the demo's streamers, which replays recorded messages.

Point the capture worker to it with DEMO_WEBCAST_URL=http://127.0.0.1:8084: names that begin
with "demo" then go there.
"""

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.capture.webcast.demo import demo_rooms
from apps.capture.webcast.server import WebcastServer


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8084)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            asyncio.run(self.serve(options["host"], options["port"]))
        except OSError as error:
            raise CommandError(
                f"Port {options['port']} can't be used: {error.strerror}. Choose another --port."
            ) from error

    async def serve(self, host: str, port: int) -> None:
        server = WebcastServer(*demo_rooms(), host=host, port=port)
        await server.start()
        names = ", ".join(f"@{name}" for name in server.rooms)
        self.stdout.write(f"Webcast server on {server.url} with {names}.")
        ended = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        await ended.wait()
        await server.stop()
