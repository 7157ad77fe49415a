"""Carries out the steps of a WebSocket scenario. A step does one thing and says what has to come of it:

    connect   opens a connection, or is refused (`refused`, `answer_json`, `answer_headers`)
    send      a message as text (`send_json`: an object); `frames` sends frames as they are written
    call      a request to `@connections`: verb and identifier
    operation an operation of API Gateway
    close     the client closes, with `close: [code, reason]`; `vanish: true` cuts the connection off
    hears     what the client then gets: a text; `hears_json`, `hears_has`; `pong`; `hears_frames` the sizes of frames
    closed    the code that the gateway closes the connection with; null without one
    reaches   the requests that have arrived at the backend since the scenario began, in any order

`from` names a client of several, `by` a person who signs.
"""

import json
import re

from harness import wire
from harness.account import refused
from harness.websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, RawClient, close_payload, frame, handshake
from scenarios.definition import filled, same

OPCODES = {"text": TEXT, "binary": BINARY, "continuation": CONTINUATION, "close": CLOSE, "ping": PING, "pong": PONG}

#: What a step may say.
MEMBERS = {
    *("from", "by", "keep"),
    *("connect", "refused", "answer", "answer_json", "answer_has", "answer_headers"),
    *("send", "send_json", "frames", "close", "vanish", "hears", "hears_json", "hears_has", "hears_frames"),
    *("pong", "closed", "call", "body", "status", "error", "operation", "with"),
    *("reaches", "backend_answers"),
}


class Conversation:
    """One scenario under way."""

    def __init__(self, section, api):
        self.backend = section.backend
        self.api = api
        self.clients = {}

    def close(self):
        self.backend.release()
        for client in self.clients.values():
            client.close()

    def run(self, steps):
        if "connect" not in steps[0]:
            steps = [{"connect": {}}, *steps]
        for step in steps:
            assert step.keys() <= MEMBERS, step.keys() - MEMBERS
            self._step({**step, "connect": step["connect"] or {}} if "connect" in step else step)

    def filled(self, value):
        return filled(value, self.api.lookup)

    def _step(self, step):
        for scripted in self.filled(step.get("backend_answers", [])):
            self.backend.hold() if scripted == "nothing" else self.backend.reply(**scripted)
        if "connect" in step:
            self._connect(step)
        if "call" in step:
            self._call(step)
        if "operation" in step:
            self._operation(step)
        client = self.clients.get(step.get("from", "one"))
        if "send" in step or "send_json" in step:
            text = self.filled(step["send"]) if "send" in step else json.dumps(self.filled(step["send_json"]))
            client.send(frame(TEXT, text))
        if "frames" in step:
            client.send(*[self._frame(dict(one)) for one in step["frames"]])
        if "close" in step:
            code, reason = step["close"] or (None, "")
            client.send(frame(CLOSE, close_payload(code, reason.encode()) if code else b""))
        if step.get("vanish"):
            client.close()
        self._hears(client, step)
        if "reaches" in step:
            self._reaches(step["reaches"])

    def _frame(self, made):
        payload = self.filled(made.pop("payload", ""))
        if "code" in made:
            payload = close_payload(made.pop("code"), payload.encode())
        if "bytes" in made:
            payload = bytes(made.pop("bytes"))
        opcode = made.pop("opcode")
        return frame(OPCODES.get(opcode, opcode), payload, **made)

    def _connect(self, step):
        asked = self.filled(step["connect"])
        target = self.api.own.path + asked.get("path", "") + asked.get("query", "")
        headers = dict(asked.get("headers", {}))
        if asked.get("named_by") == "host":
            target = f"/{self.api.own.stage}" + asked.get("path", "") + asked.get("query", "")
            headers["Host"] = self.api.own.host
        if "protocols" in asked:
            headers["Sec-WebSocket-Protocol"] = ", ".join(asked["protocols"])
        endpoint = self.api.aws.endpoint
        if "by" in step:
            person = self.api.person(step["by"])
            if asked.get("presigned"):
                target = person.presigned(target)
            else:
                headers |= dict(person.headers("GET", target))
        if "refused" not in step:
            client = self.clients[step.get("from", "one")] = RawClient(endpoint, target, headers)
            self._answered(step, client.reply)
            return
        reply, connection = handshake(endpoint, target, headers)
        connection.close()
        assert reply.status == step["refused"], reply
        self._answered(step, reply)

    def _answered(self, step, reply):
        for name, value in self.filled(step.get("answer_headers", {})).items():
            assert same(value, reply.header(name)), f"{name}: {reply}"
        if "answer" in step:
            assert same(self.filled(step["answer"]), reply.text), reply
        if "answer_json" in step:
            assert same(self.filled(step["answer_json"]), reply.json), reply
        if "answer_has" in step:
            assert same(self.filled(step["answer_has"]), reply.json, exact=False), reply
        if "error" in step:
            assert reply.header("x-amzn-errortype") == step["error"], reply

    def _call(self, step):
        verb, identifier = self.filled(step["call"]).split(" ", 1)
        target = f"{self.api.own.path}/@connections/{identifier.replace('=', '%3D')}"
        body = self.filled(step.get("body", "")).encode()
        if "by" in step:
            reply = self.api.person(step["by"]).send(verb, target, body=body)
        else:
            reply = wire.send(self.api.aws.endpoint, verb, target, body=body)
        assert reply.status == step["status"], reply
        self._answered(step, reply)

    def _operation(self, step):
        settings = self.filled(step.get("with", {}))
        call = getattr(self.api.own.client, step["operation"])
        if "refused" in step:
            status, code, message = self.filled(step["refused"])
            with refused(status, code, re.compile(message["like"]) if isinstance(message, dict) else message):
                call(ApiId=self.api.own.id, **settings)
        else:
            call(ApiId=self.api.own.id, **settings)

    def _hears(self, client, step):
        if "hears_frames" in step:
            sizes, last = [], False
            while not last:
                _, payload, last = client.frame()
                sizes.append(len(payload))
            assert sizes == step["hears_frames"]
        for member in step.keys() & {"hears", "hears_json", "hears_has", "pong"}:
            opcode, payload = client.message()
            assert opcode == (PONG if member == "pong" else TEXT), (opcode, payload[:100])
            told, expected = payload.decode(), self.filled(step[member])
            if member in ("hears", "pong"):
                assert same(expected, told), told[:300]
            else:
                told = json.loads(told)
                assert same(expected, told, exact=member == "hears_json"), told
        if "keep" in step:
            for name, member in step["keep"].items():
                self.api.kept[name] = told[member]
        if "closed" in step:
            assert client.close_code() == step["closed"]

    def _reaches(self, expected):
        if expected == "nothing":
            assert self.backend.received == []
            return
        arrived = self.backend.wait_for(len(expected))
        assert len(arrived) == len(expected), arrived
        left = [self._told(request) for request in arrived]
        for wanted in self.filled(expected):
            found = next((one for one in left if same(wanted, one, exact=False)), None)
            assert found, f"nothing like {wanted} arrived: {left}"
            left.remove(found)

    @staticmethod
    def _told(request):
        """A request as `reaches` speaks of it."""
        body = request.body.decode("utf-8", "replace")
        try:
            parsed = json.loads(body)
        except ValueError:
            parsed = None
        names = {name.lower() for name in request.names}
        headers = {name: ", ".join(request.all(name)) for name in names}
        absent = dict.fromkeys(("sec-websocket-key", "authorization", "x-api-key", "upgrade"))
        return {
            "method": request.method,
            "target": request.target,
            "headers": {**absent, **headers},
            "body": body,
            "body_json": parsed,
        }
