"""A double of Apple: its own root signs, and its API answers on loopback, slow or lying if told."""

import base64
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BUNDLE = "com.example.clips"
LEAF_MARK = "1.2.840.113635.100.6.11.1"
INTERMEDIATE_MARK = "1.2.840.113635.100.6.2.1"


class Signer:
    """A root, an intermediate and a leaf certificate as Apple's, and what the leaf signs."""

    def __init__(self) -> None:
        self.root_key, self.middle_key, self.key = (
            ec.generate_private_key(ec.SECP256R1()) for _ in range(3)
        )
        self.root = certificate("root", self.root_key, None, "root", self.root_key)
        self.middle = certificate(
            "middle", self.middle_key, INTERMEDIATE_MARK, "root", self.root_key
        )
        self.leaf = certificate(
            "leaf", self.key, LEAF_MARK, "middle", self.middle_key, is_authority=False
        )

    def sign(self, payload: dict[str, Any]) -> str:
        chain = [base64.b64encode(der(c)).decode() for c in (self.leaf, self.middle, self.root)]
        return jwt.encode(payload, self.key, algorithm="ES256", headers={"x5c": chain})

    def transaction(self, transaction_id: str, **changes: Any) -> str:
        return self.sign(transaction(transaction_id) | changes)

    def notification(
        self, kind: str, transaction_id: str, bundle: str = BUNDLE, signed_at_ms: int = 0
    ) -> str:
        data = {
            "bundleId": bundle,
            "environment": "Sandbox",
            "signedTransactionInfo": self.transaction(transaction_id, revocationDate=now_ms()),
        }
        news = {"notificationType": kind, "version": "2.0", "data": data}
        return self.sign(news | {"signedDate": signed_at_ms or now_ms()})


def transaction(transaction_id: str) -> dict[str, Any]:
    return {
        "transactionId": transaction_id,
        "originalTransactionId": transaction_id,
        "bundleId": BUNDLE,
        "productId": "buy500Coins",
        "type": "Consumable",
        "quantity": 1,
        "environment": "Sandbox",
        "signedDate": now_ms(),
    }


def now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


def der(one: x509.Certificate) -> bytes:
    return one.public_bytes(serialization.Encoding.DER)


def certificate(
    name: str, key: Any, mark: str | None, issuer: str, issuer_key: Any, is_authority: bool = True
) -> x509.Certificate:
    now = datetime.now(UTC)
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
    ) | {"encipher_only": False, "decipher_only": False}
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_authority,
                key_cert_sign=is_authority,
                crl_sign=is_authority,
                **usage,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False
        )
    )
    if mark:
        plain = x509.UnrecognizedExtension(x509.ObjectIdentifier(mark), b"\x05\x00")
        builder = builder.add_extension(plain, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


class AppleServer:
    """The App Store Server API: `transactions` maps ids to signed texts, `answer` lies."""

    def __init__(self, folder: Path) -> None:
        self.signer = Signer()
        self.transactions: dict[str, str] = {}
        self.answer: tuple[int, bytes] | None = None
        self.silent = threading.Event()  # while set, it answers nothing
        self.release = threading.Event()
        self.asked: list[tuple[str, str]] = []
        self.root_file = folder / "root.cer"
        self.root_file.write_bytes(der(self.signer.root))
        self.key_file = folder / "key.p8"
        self.key_file.write_bytes(
            self.signer.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                double.asked.append((self.path, self.headers.get("Authorization", "")))
                if double.silent.is_set():
                    double.release.wait(30)
                    return
                status, body = double.answer or double.found(self.path.rsplit("/", 1)[1])
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def found(self, transaction_id: str) -> tuple[int, bytes]:
        signed = self.transactions.get(transaction_id)
        if signed is None:
            error = {"errorCode": 4040010, "errorMessage": "Transaction id not found."}
            return 404, json.dumps(error).encode()
        return 200, json.dumps({"signedTransactionInfo": signed}).encode()

    def close(self) -> None:
        self.release.set()
        self.server.shutdown()
        self.server.server_close()
