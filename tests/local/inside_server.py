"""What the preview tests run inside a sandbox: a web server of the standard library, on the port of its argument."""

import base64
import hashlib
import json
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

released = threading.Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.headers.get("Upgrade"):
            self.echo_socket()
        elif self.path == "/stream":
            self.stream()
        elif self.path == "/release":
            released.set()
            self.answer(b"")
        elif self.path.startswith("/large"):
            self.answer(b"x" * (20 << 20))
        elif self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.answer(json.dumps({"path": self.path, "headers": dict(self.headers)}).encode())

    def do_POST(self) -> None:
        digest, left = hashlib.sha256(), int(self.headers["Content-Length"])
        while left:
            data = self.rfile.read(min(left, 1 << 16))
            digest.update(data)
            left -= len(data)
        self.answer(digest.hexdigest().encode())

    def answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"data: one\n\n")
        released.wait(30)
        self.wfile.write(b"data: two\n\n")
        self.close_connection = True

    def echo_socket(self) -> None:
        """Echo WebSocket frames below 64 KiB until a close frame comes, which is answered with 4001."""
        seed = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Protocol", "echo")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(seed.encode()).digest()).decode())
        self.end_headers()
        while True:
            first, second = self.rfile.read(2)
            size = second & 127
            size = struct.unpack(">H", self.rfile.read(2))[0] if size == 126 else size
            mask, data = self.rfile.read(4), self.rfile.read(size)
            data = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
            if first & 15 == 8:
                data = struct.pack(">H", 4001)
            length = bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack(">H", len(data))
            self.wfile.write(bytes([first]) + length + data)
            if first & 15 == 8:
                return

    def log_message(self, format: str, *args: object) -> None:
        return


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
