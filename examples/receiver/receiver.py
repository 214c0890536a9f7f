"""Receives notifications and verifies them, with Python's standard library alone.

    WEBHOOK_SECRET=step-on-shared-secret python3 examples/receiver/receiver.py 3002
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE = 300  # seconds
LIMIT = 1_000_000  # bytes


def key_of(secret: str) -> bytes:
    """`whsec_…` is base64, any other secret is used as its UTF-8 bytes."""
    return base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()


def verify(headers, body: bytes, secrets: list[str]) -> str:
    """Returns the id of a genuine notification; raises ValueError for any other."""
    message_id, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (sent.isascii() and sent.isdigit()) or abs(time.time() - int(sent)) > TOLERANCE:
        raise ValueError("no timestamp, or one that is too far from now")
    content = f"{message_id}.{sent}.".encode() + body
    given = [part[3:].encode() for part in headers.get("webhook-signature", "").split(" ") if part.startswith("v1,")]
    for secret in secrets:
        expected = base64.b64encode(hmac.new(key_of(secret), content, hashlib.sha256).digest())
        if any(hmac.compare_digest(expected, signature) for signature in given):
            return message_id
    raise ValueError("no signature matches")


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: set[str] = set()  # in real life a unique column of your database

    def do_POST(self):
        size = int(self.headers.get("content-length", "0"))
        body = self.rfile.read(min(size, LIMIT))
        try:
            message_id = verify(self.headers, body, os.environ["WEBHOOK_SECRET"].split(" "))
        except ValueError as reason:
            return self.answer(401, f"refused: {reason}")
        if message_id in self.seen:
            return self.answer(204, f"{message_id}: again")
        self.seen.add(message_id)
        self.answer(204, f"{message_id}: {json.loads(body)['type']}")

    def answer(self, status: int, said: str):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()
        print(said, flush=True)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
