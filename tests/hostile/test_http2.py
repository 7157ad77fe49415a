"""HTTP/2 as hostile clients write it, frame by frame: the files of `data/http2`. Behind the gateway is a backend of
HTTP/1.1 that reads to the letter; behind each case is the probe, on a stream of its own.

A case of a request has the header block of a POST, of which it may `drop` fields by their names, put others `first` or
`add` them at its end, or say all of its `fields`; `data` and `trailers`. A case of frames has `frames`. What has to come
of it, and if the connection is not ended by it, the probe is answered:

    passes    200, and what has reached the backend: `method`, `target`, `headers`, `body`
    refused   the status of the answer; nothing has reached the backend
    ends      the codes of which one ends the stream or the connection, or `closed`; nothing has reached the backend, or
              if it is seen `late` nothing but a request without a body
    alive     nothing has come of it
"""

import pathlib
import re

import pytest

from harness import cases, wire
from harness.definitions import RestApi
from harness.http2 import FLAGS, KINDS, Frames, block
from harness.wiretap import Wiretap

FILES = cases.files(pathlib.Path(__file__).resolve().parent / "data/http2")
OUTCOMES = ("passes", "refused", "ends", "alive")
MEMBERS = ("fields", "drop", "first", "add", "data", "trailers", "frames", "preface", "late")


def test_cases_say_what_has_to_come_of_them():
    cases.are_whole(FILES, MEMBERS, OUTCOMES)


class Target:
    def __init__(self, aws):
        self.endpoint = aws.endpoint
        self.backend = Wiretap()
        api = RestApi(aws)
        api.http_proxy("/x", self.backend.url + "/x", "ANY")
        api.http_proxy(
            "/x/{proxy+}", self.backend.url + "/x/{proxy}", "ANY",
            parameters={"integration.request.path.proxy": "method.request.path.proxy"},
        )  # fmt: skip
        api.deploy()
        self.path = api.path("/x")
        self.host = aws.endpoint.removeprefix("http://")
        self.probe = [(":method", "GET"), (":scheme", "http"), (":authority", self.host), (":path", self.path + "/probe")]

    def filled(self, value, each):
        if isinstance(value, list):
            return [self.filled(member, each) for member in value]
        if not isinstance(value, str):
            return value
        text = value.replace("<<each>>", str(each)).replace("<<x>>", self.path).replace("<<host>>", self.host)
        return re.sub(r"<<([^<>]*)\*(\d+)>>", lambda found: found[1] * int(found[2]), text)

    def fields(self, case):
        made = [(":method", "POST"), (":scheme", "http"), (":authority", self.host), (":path", self.path)]
        made = case.get("fields", made)
        made = [field for field in made if field[0] not in self.filled(case.get("drop", []), case["each"])]
        return self.filled([list(field) for field in (*case.get("first", []), *made, *case.get("add", []))], case["each"])

    def send(self, client, frame, case):
        """A frame of a case: its payload is `fields`, `text`, `hex`, or all of them in this order."""
        kind = KINDS.get(frame["kind"], frame["kind"])
        flags = sum(FLAGS.get(flag, flag) for flag in frame.get("flags", []))
        fields = self.fields({**case, **frame}) if frame.get("request") else frame.get("fields", [])
        payload = bytes.fromhex(self.filled(frame.get("before", ""), case["each"]))
        payload += block(self.filled(fields, case["each"]))
        payload += self.filled(frame.get("text", ""), case["each"]).encode("latin-1")
        payload += bytes.fromhex(self.filled(frame.get("hex", ""), case["each"]))
        client.send(kind, flags, frame.get("stream", 0), payload, frame.get("length"))


@pytest.fixture(scope="module")
def target(shared_aws):
    made = Target(shared_aws)
    yield made
    made.backend.close()


@pytest.mark.parametrize("case", list(cases.cases(FILES)))
def test_it_is_read_to_the_letter_or_not_at_all(target, case):
    backend = target.backend
    backend.clear()
    with wire.connect(target.endpoint) as connection:
        preface = {"preface": case["preface"].encode()} if "preface" in case else {}
        client = Frames(connection, **preface)
        try:
            if "frames" in case:
                for frame in case["frames"]:
                    target.send(client, frame, case)
            elif "preface" not in case:
                data, trailers = target.filled(case.get("data"), case["each"]), case.get("trailers")
                data = data.encode("latin-1") if data is not None else None
                client.request(1, target.fields(case), data, target.filled(trailers, case["each"]))
            client.request(101, target.probe)
        except ConnectionError:
            pass  # the connection was ended before all of it was read
        outcome = client.outcome(101 if "alive" in case else 1)
        if outcome != "closed" and client.goaway is None and "alive" not in case:
            client.until(lambda: 101 in client.answers or client.goaway)
    assert backend.faults == []
    heard = [one for one in backend.heard if one.target != "/x/probe"]
    probed = client.answers.get(101, [None])[0] == 200
    if "passes" in case:
        assert (outcome, probed) == (200, True)
        (one,) = heard
        wanted = case["passes"]
        assert (one.method, one.target) == (wanted.get("method", "POST"), wanted.get("target", "/x")), one
        assert one.body == wanted.get("body", "").encode(), one
        for name, value in wanted.get("headers", {}).items():
            value = target.filled(value, case["each"])
            assert one.all(name) == ([] if value is None else value if isinstance(value, list) else [value]), one
    elif "refused" in case:
        assert (outcome, probed, heard) == (case["refused"], True, [])
    elif "ends" in case:
        assert heard == [] or case.get("late") and [one.body for one in heard] == [b""]
        assert outcome in case["ends"]
        assert probed or client.goaway or outcome == "closed"
    else:
        assert (outcome, probed) == (200, True)
