"""A gateway before a backend, and requests that this backend has and does not answer yet."""

import contextlib

from . import http2, wire
from .account import Aws
from .backend import Backend
from .definitions import RestApi
from .process import Gateway


class Proxied:
    """A gateway of its own, with one API: its `path` leads to `backend`."""

    def __init__(self, *arguments, region="us-fault-1"):
        self._ends = contextlib.ExitStack()
        self.backend = Backend()
        self._ends.callback(self.backend.close)
        self.gateway = self._ends.enter_context(Gateway("--ephemeral", *arguments))
        api = RestApi(Aws(self.gateway.endpoint, region))
        api.http_proxy("/", self.backend.url)
        api.deploy()
        self.path = api.path("/")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return self._ends.__exit__(*error)

    def connect(self):
        """A connection, which is closed in the end."""
        return self._ends.enter_context(wire.connect(self.gateway.endpoint))

    def held(self):
        """The connection of a client whose request the backend holds until it is released."""
        client = self.connect()
        with self._holds():
            client.sendall(wire.head("GET", self.path, [("Host", "a")]))
        return client

    def held_over_http2(self):
        """The same over HTTP/2, on stream 1."""
        client = http2.Frames(self.connect())
        with self._holds():
            client.request(1, self.fields())
        return client

    def fields(self):
        """What asks for it over HTTP/2."""
        return [(":method", "GET"), (":scheme", "http"), (":path", self.path), (":authority", "a")]

    @contextlib.contextmanager
    def _holds(self):
        before = len(self.backend.received)
        self.backend.hold()
        yield
        self.backend.wait_for(before + 1)
