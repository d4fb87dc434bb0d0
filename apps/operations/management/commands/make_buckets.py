"""`manage.py make_buckets`: once for a new S3-compatible store, such as docker-compose.yml's."""

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.storage import storages
from django.core.management.base import BaseCommand, CommandError
from storages.backends.s3 import S3Storage

THERE = ("BucketAlreadyOwnedByYou", "BucketAlreadyExists")


class Command(BaseCommand):
    help = "Make the buckets that the settings name, if they are missing; media is for everyone."
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        for alias in ("default", "private"):
            storage = storages[alias]
            if not isinstance(storage, S3Storage):
                raise CommandError("Set S3_BUCKET and S3_PRIVATE_BUCKET first.")
            client, name = storage.connection.meta.client, storage.bucket_name
            try:
                made = make(client, name)
                if alias == "default":
                    client.put_bucket_policy(Bucket=name, Policy=json.dumps(readable(name)))
            except (ClientError, BotoCoreError) as error:
                raise CommandError(f"{name}: {error}") from error
            self.stdout.write(f"{name}: {'made' if made else 'is there'}.")


def make(client: Any, name: str) -> bool:
    """Whether it was missing."""
    try:
        client.create_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] in THERE:
            return False
        raise
    return True


def readable(bucket: str) -> dict[str, Any]:
    """Everybody may read what they know the name of; nobody may list it."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    resource = {"Resource": f"arn:aws:s3:::{bucket}/*"}
    return {"Version": "2012-10-17", "Statement": [statement | resource]}
