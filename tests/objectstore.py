"""An S3-compatible store (moto's server) with a bucket for each of the two storages.

The fixture `s3_server` (tests/conftest.py) is its address.
"""

from typing import Any

import boto3
import httpx
from boto3.s3.transfer import TransferConfig

MEDIA, PRIVATE = "media-bucket", "private-bucket"
KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


def use_s3(settings: Any, url: str) -> None:
    """Both storages in new, empty buckets of the store."""
    httpx.post(f"{url}/moto-api/reset")
    client = boto3.client("s3", endpoint_url=url, region_name="us-east-1", **KEYS)
    for bucket in (MEDIA, PRIVATE):
        client.create_bucket(Bucket=bucket)
    options = {
        "endpoint_url": url,
        "access_key": "testing",
        "secret_key": "testing",
        "region_name": "us-east-1",
        "signature_version": "s3v4",
        "addressing_style": "path",
        "max_memory_size": 1024 * 1024,
        "transfer_config": TransferConfig(use_threads=False),
    }
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "config.storage.MediaStorage",
            "OPTIONS": options
            | {"bucket_name": MEDIA, "querystring_auth": False, "default_acl": "public-read"},
        },
        "private": {
            "BACKEND": "config.storage.PrivateStorage",
            "OPTIONS": options | {"bucket_name": PRIVATE},
        },
    }
