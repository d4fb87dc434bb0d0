#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL or REDIS_URL it uses the embedded servers."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config import embedded

    try:
        embedded.provide_servers()
    except embedded.EmbeddedServerError as error:
        sys.exit(str(error))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
