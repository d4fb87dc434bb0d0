"""Where files are kept: folders of this machine, or buckets of an S3-compatible store."""

from typing import Any

from config.environment import env

LOCAL = "django.core.files.storage.FileSystemStorage"


def file_stores(private_root: str) -> dict[str, dict[str, Any]]:
    """Django's STORAGES: the uploads (`default`), what no address leads to (`private`)."""
    stores: dict[str, dict[str, Any]] = {
        "default": {"BACKEND": LOCAL},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        # Identity documents: never the folder or bucket of the uploads.
        "private": {"BACKEND": LOCAL, "OPTIONS": {"location": private_root}},
    }
    bucket = env.str("S3_BUCKET", default="")
    private_bucket = env.str("S3_PRIVATE_BUCKET", default="")
    if bucket:
        stores["default"] = {
            "BACKEND": "config.storage.MediaStorage",
            "OPTIONS": s3_options() | {"bucket_name": bucket, "querystring_auth": False},
        }
    if private_bucket:
        stores["private"] = {
            "BACKEND": "config.storage.PrivateStorage",
            "OPTIONS": s3_options() | {"bucket_name": private_bucket},
        }
    return stores


def s3_options() -> dict[str, Any]:
    # Not at the top: boto3 takes long to load, and who has no bucket need not wait.
    from boto3.s3.transfer import TransferConfig

    return {
        "endpoint_url": env.str("S3_ENDPOINT_URL", default=None),
        "access_key": env.str("S3_ACCESS_KEY", default=None),
        "secret_key": env.str("S3_SECRET_KEY", default=None),
        "region_name": env.str("S3_REGION", default=None),
        "signature_version": "s3v4",
        "addressing_style": env.str("S3_ADDRESSING_STYLE", default=None),
        # What is read is kept on the disk beyond this, not in memory.
        "max_memory_size": 1024 * 1024,
        # One part at a time and no threads: 8 MB of memory however large the file is.
        "transfer_config": TransferConfig(use_threads=False),
    }
