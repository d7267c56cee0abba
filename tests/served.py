"""A server on this machine for the tests of what is fetched: whole, in ranges, broken off, hanging."""

import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Server:
    """What it serves and how, and the ranges that it was asked for."""

    content: bytes
    breaks_after: int | None = None  # bytes, of each answer that is not for the last ones
    ranges: bool = True
    status: int = 200
    password: str | None = None  # NAME:PASSWORD, without which nothing is served
    hangs: float = 0.0  # seconds between the headers and every single byte
    address: str = ""
    asked: list[str | None] = field(default_factory=list)
    asked_as: list[str | None] = field(default_factory=list)  # what stood in the header Authorization

    @property
    def address_with_password(self) -> str:
        return self.address.replace("://", f"://{self.password}@")


class _Handler(BaseHTTPRequestHandler):
    of: Server

    def do_GET(self) -> None:
        of, wanted = self.of, self.headers["Range"]
        of.asked.append(wanted)
        of.asked_as.append(self.headers["Authorization"])
        if of.password and of.asked_as[-1] != f"Basic {b64encode(of.password.encode()).decode()}":
            self.send_error(401)
            return
        if self.path == "/elsewhere/file.bin":
            self._answer(302, {"Location": "/file.bin"})
        elif of.status != 200:
            self.send_error(of.status)
        elif wanted and of.ranges:
            self._part(int(wanted.removeprefix("bytes=").split("-")[0]))
        else:
            self._answer(200, {"Content-Length": str(len(of.content))})
            self._send(of.content)

    def _part(self, start: int) -> None:
        size = len(self.of.content)
        if start >= size:
            self.send_error(416)
            return
        self._answer(206, {"Content-Length": str(size - start), "Content-Range": f"bytes {start}-{size - 1}/{size}"})
        self._send(self.of.content[start:])

    def _answer(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, content: bytes) -> None:
        pieces = [bytes([byte]) for byte in content] if self.of.hangs else [content[: self.of.breaks_after]]
        try:
            for piece in pieces:
                time.sleep(self.of.hangs)
                self.wfile.write(piece)
        except OSError:
            return  # whoever asked has gone

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(content: bytes, **how) -> Iterator[Server]:
    """A server for as long as the context lasts; its `address` serves the content, `/elsewhere/file.bin` redirects."""
    server = Server(content, **how)
    handler = type("Handler", (_Handler,), {"of": server})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        http.daemon_threads, http.block_on_close = True, False
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        server.address = f"http://127.0.0.1:{http.server_address[1]}/file.bin"
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
