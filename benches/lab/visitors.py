"""Who comes by during a soak: each visitor is a thread that does its thing at a bounded rate and says what it expects."""

import contextlib
import http.client
import itertools
import json
import random
import socket
import struct
import threading
import time

from harness import http2, tls, wire
from harness.websocket import CLOSE, TEXT, close_payload, frame

JSON = {"Content-Type": "application/json"}


class Visitors:
    """Visitors of `everything` behind one gateway, whose endpoints these are. Answers go to `tally`."""

    def __init__(self, everything, endpoint, tls_endpoint, admin_endpoint, tally):
        self.all, self.tally = everything, tally
        self.endpoint, self.tls_endpoint, self.admin_endpoint = endpoint, tls_endpoint, admin_endpoint
        self._own, self._end, self._threads = threading.local(), threading.Event(), []
        self._numbers = itertools.count()
        self._token, self._token_until = None, 0.0

    def start(self, pace):
        """Starts all of them; `pace` multiplies their rates."""
        for visit, seconds in self.SECONDS_BETWEEN.items():
            thread = threading.Thread(target=self._come, args=(visit, seconds / pace), daemon=True)
            thread.start()
            self._threads.append(thread)

    def end(self):
        self._end.set()
        for thread in self._threads:
            thread.join(30)

    def _come(self, visit, seconds):
        next_at = time.monotonic() + random.random() * seconds
        while not self._end.wait(max(0.0, next_at - time.monotonic())):
            next_at = max(next_at + seconds, time.monotonic() - seconds)
            try:
                visit(self)
            except Exception as error:  # whatever it is, it goes into the report
                self.tally.add(visit.__name__, type(error).__name__, (), repr(error)[:300])

    def ask(self, who, target, expected=(200,), method="GET", headers=(), body=None):
        """One request on this thread's kept connection; what it was answered."""
        if not hasattr(self._own, "kept"):
            address, port = self.endpoint.removeprefix("http://").split(":")
            self._own.kept = http.client.HTTPConnection(address, int(port), timeout=20)
        kept = self._own.kept
        try:
            kept.request(method, target, body, dict(headers))
            answer = kept.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            kept.close()
            self.tally.add(who, type(error).__name__, expected, f"{method} {target} {error!r}")
            return None
        self._note(who, answer.status, expected, method, target, answer.getheader("x-amzn-errortype"), text)
        return text

    def _note(self, who, status, expected, method, target, kind, text):
        self.tally.add(who, status, expected, f"{method} {target}: {kind} {text[:200]!r}")

    # REST

    def proxied(self):
        item = random.choice(["a", "b", "trickles", "slow"])
        method = random.choice(["GET", "POST", "PUT", "DELETE"])
        body = b"x" * random.choice([10, 1000, 40_000]) if method in ("POST", "PUT") else None
        self.ask("REST proxy with a key", self.all.rest.path(f"/proxied/{item}"), method=method, body=body,
                 headers={"x-api-key": self.all.key})

    def greedy(self):
        for _ in range(40):
            self.ask("REST proxy, throttled", self.all.rest.path("/proxied/a"), (200, 429), headers={"x-api-key": self.all.greedy_key})

    def keyless(self):
        self.ask("REST proxy without a key", self.all.rest.path("/proxied/a"), (403,))

    def cached(self):
        item, fresh = random.choice("abcdef"), random.random() < 0.1
        headers = {"Cache-Control": "max-age=0"} if fresh else {}
        self.ask("REST cache", self.all.rest.path(f"/cached/{item}{random.randrange(300)}"), headers=headers)

    def templated(self):
        pets = [{"name": f"pet {number}"} for number in range(random.randrange(40))]
        self.ask("REST templates", self.all.rest.path("/templated"), method="POST", headers=JSON, body=json.dumps({"pets": pets}))

    def validated(self):
        body, expected = random.choice([({"name": "a", "age": 1}, 200), ({"age": -1}, 400)])
        self.ask("REST validation", self.all.rest.path("/validated"), (expected,), "POST", JSON, json.dumps(body))

    def guarded(self):
        token, expected = random.choice([(f"friend{random.randrange(50)}", 200), ("denied", 403), ("unknown", 401)])
        self.ask("REST Lambda authorizer", self.all.rest.path("/guarded"), (expected,), headers={"Auth": token})

    def signed(self):
        target = self.all.rest.path("/signed")
        self.ask("REST with IAM", target, headers=self.all.person.headers("GET", target))

    def mocked(self):
        self.ask("REST mock", self.all.rest.path("/mock"))

    def function(self):
        self.ask("REST function", self.all.rest.path("/function"))

    def failing_function(self):
        how = random.choice(["raises", "exits", "sleeps"])
        self.ask(f"REST function that {how}", self.all.rest.path(f"/function?how={how}"), (502,))

    def failing_backend(self):
        self.ask("REST backend that fails", self.all.rest.path("/open/fails"), (500,))
        self.ask("REST backend that breaks off", self.all.rest.path("/open/breaks"), (502, "IncompleteRead"))
        self.ask("HTTP backend that breaks off", self.all.http.path("/breaks"), (500, 502, 503, "IncompleteRead"))

    # HTTP

    def http_proxy(self):
        self.ask("HTTP proxy", self.all.http.path("/a"), method=random.choice(["GET", "POST"]), body=b"x" * random.randrange(9000))

    def http_function(self):
        self.ask("HTTP function", self.all.http.path("/function"))

    def http_failing_function(self):
        how = random.choice(["raises", "exits", "sleeps"])
        self.ask(f"HTTP function that {how}", self.all.http.path(f"/function?how={how}"), (500, 503))

    def jwt(self):
        if time.monotonic() > self._token_until:
            self._token, self._token_until = self.all.token(), time.monotonic() + 60
        self.ask("HTTP JWT", self.all.http.path("/me"), headers={"Authorization": f"Bearer {self._token}"})
        self.ask("HTTP JWT that is none", self.all.http.path("/me"), (401,), headers={"Authorization": f"Bearer {self._token}x"})

    # TLS and HTTP/2

    def tls(self):
        with contextlib.closing(tls.Connection(self.tls_endpoint, "localhost").socket) as secured:
            secured.sendall(wire.head("GET", self.all.rest.path("/mock"), [("Host", "localhost")]))
            answer = wire.read_reply(secured)
        self._note("TLS, a connection each", answer.status, (200,), "GET", "/mock", None, answer.body)

    def http2(self):
        with contextlib.closing(tls.Connection(self.tls_endpoint, "localhost", protocols=["h2"]).socket) as secured:
            client = http2.Frames(secured)
            target = self.all.rest.path("/mock")
            streams = (1, 3, 5)
            for stream in streams:
                client.request(stream, [(":method", "GET"), (":scheme", "https"), (":path", target), (":authority", "localhost")])
            for stream in streams:
                self.tally.add("HTTP/2", client.outcome(stream), (200,), target)

    def scrapes(self):
        answer = wire.send(self.admin_endpoint, "GET", "/metrics")
        self._note("metrics", answer.status, (200,), "GET", "/metrics", None, answer.body)

    # Clients that do not behave

    def breaks_off(self):
        host = ("Host", self.endpoint.removeprefix("http://"))
        large = [host, ("Content-Length", "100000"), ("x-api-key", self.all.key)]
        begun = [
            b"GET /_aws/execute-api/x HTTP/1.1\r\nHos",
            wire.head("POST", self.all.rest.path("/open/a"), large) + b"x" * 50_000,
            wire.head("GET", self.all.rest.path("/open/slow"), [host]),
            wire.head("GET", self.all.rest.path("/streamed"), [host]),
            wire.head("GET", self.all.rest.path("/function?how=sleeps"), [host]),
            wire.head("POST", self.all.http.path("/a"), large) + b"x" * 50_000,
        ]
        with wire.connect(self.endpoint) as connected:
            connected.sendall(random.choice(begun))
            time.sleep(random.random() * 0.2)
            if random.random() < 0.5:
                reset_when_closed(connected)
        self.tally.add("clients that break off", "gone", ("gone",))

    def reads_slowly(self):
        with socket.socket() as connected:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
            connected.settimeout(20)
            address, port = self.endpoint.removeprefix("http://").split(":")
            connected.connect((address, int(port)))
            target = random.choice([self.all.rest.path("/streamed"), self.all.rest.path("/open/large")])
            connected.sendall(wire.head("GET", target, [("Host", address), ("Connection", "close")]))
            read, status = 0, 0
            leaves_at = random.choice([300_000, None])
            while part := connected.recv(65_536):
                status = status or int(part.split(b" ")[1])
                read += len(part)
                if leaves_at and read > leaves_at:
                    break
                time.sleep(0.02)
        whole = "all" if read > 2 * 1024 * 1024 else "left" if leaves_at else "cut"
        self.tally.add("slow readers", status if whole != "cut" else "cut", (200,), f"{target}: {read} bytes, {whole}")

    # WebSocket

    def talks(self):
        client = self.all.chat.raw()
        client.socket.settimeout(20)
        with client:
            client.send(frame(TEXT, '{"action": "who"}'))
            me = client.message()[1].decode()
            for _ in range(random.randrange(20)):
                text = json.dumps({"action": "anything", "text": "x" * random.randrange(3000)})
                client.send(frame(TEXT, text))
                self._same("WebSocket echo", client.message()[1], text.encode())
                time.sleep(0.05)
            if not hasattr(self._own, "management"):
                self._own.management = self.all.chat.management(self.all.person)
            self._own.management.post_to_connection(ConnectionId=me, Data=b"from behind")
            self._same("@connections", client.message()[1], b"from behind")
            if random.random() < 0.5:
                client.send(frame(CLOSE, close_payload(1000)))
                client.close_code()
            elif random.random() < 0.5:
                reset_when_closed(client.socket)

    def _same(self, who, got, expected):
        self.tally.add(who, "well" if got == expected else "other", ("well",), f"{got[:200]!r}")

    def lingers(self):
        """Connections that stay for some minutes and say little."""
        if not hasattr(self._own, "lingering"):
            self._own.lingering = []
        lingering = self._own.lingering
        client = self.all.chat.raw()
        lingering.append(client)
        for other in lingering:
            other.send(frame(TEXT, '{"action": "who"}'))
            self.tally.add("WebSocket, long", "well" if other.message()[0] == TEXT else "other", ("well",))
        if len(lingering) > 30:
            lingering.pop(0).close()

    SECONDS_BETWEEN = {
        proxied: 0.1, greedy: 10, keyless: 1, cached: 0.05, templated: 0.1, validated: 0.2, guarded: 0.2, signed: 0.5,
        mocked: 0.05, function: 0.2, failing_function: 5, failing_backend: 1, http_proxy: 0.1, http_function: 0.3,
        http_failing_function: 6, jwt: 0.3, tls: 0.5, http2: 0.5, breaks_off: 0.3, reads_slowly: 1, talks: 0.5, lingers: 5, scrapes: 5,
    }


def reset_when_closed(connected):
    """Closing it will not wait for anybody (RST)."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
