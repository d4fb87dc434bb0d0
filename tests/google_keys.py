"""A service account's key file like the one that Google's console gives out."""

import json
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key


def write_key_file(path: Path, *, email: str, token_url: str) -> RSAPrivateKey:
    """Write the file and return the key in it."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    account = {
        "type": "service_account",
        "project_id": "clips",
        "private_key_id": "k1",
        "private_key": pem.decode(),
        "client_email": email,
        "token_uri": token_url,
    }
    path.write_text(json.dumps(account))
    return key
