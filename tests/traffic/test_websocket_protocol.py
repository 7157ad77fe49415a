"""Frames, as RFC 6455 has them and API Gateway bounds them (API Gateway developer guide, "API Gateway quotas for
configuring and running a WebSocket API", "Binary media types for WebSocket APIs"). The cases follow the themes of
the Autobahn test suite's sections 1 to 7 and 10; they are data, and a client that sends bytes runs them."""

import pytest

from harness.websocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    WebSocketApi,
    close_payload,
    frame,
    quiet,
)


@pytest.fixture(scope="module")
def echo(shared_aws):
    """Answers every message with itself."""
    api = WebSocketApi(shared_aws)
    api.echo()
    api.deploy()
    return api


def whole(*frames):
    """What is sent at once."""
    return [b"".join(frames)]


def in_octets(*frames):
    return [bytes([octet]) for octet in b"".join(frames)]


def text(payload, **settings):
    return frame(TEXT, payload, **settings)


#: Messages that are answered with themselves.
ECHOED = {
    "short": "Hello",
    "125 octets": "*" * 125,
    "126 octets": "*" * 126,
    "127 octets": "*" * 127,
    "128 octets": "*" * 128,
    "the most that a frame may have": "*" * 32_768,
    "letters of two, three and four octets": "Hello-µ@ßöäüàá-UTF-8!! κόσμε 🎉",
    "a character that is none": "￿",
    "a NUL": "a\0b",
}


@pytest.mark.parametrize("payload", ECHOED.values(), ids=ECHOED)
def test_a_message_is_answered_with_itself(echo, payload):
    with echo.raw() as client:
        client.send(text(payload))
        assert client.message() == (TEXT, payload.encode())


@pytest.mark.parametrize("form", [16, 64])
def test_a_length_may_be_written_longer_than_it_has_to_be_or_is_refused(echo, form):
    """RFC 6455, section 5.2, asks for the shortest form of clients; both ways of taking it are safe."""
    with echo.raw() as client:
        client.send(text("Hello", length=form))
        opcode, payload = client.message()
        assert (opcode, payload) == (TEXT, b"Hello") or (opcode, payload[:2]) == (CLOSE, b"\x03\xea")


def test_frames_that_come_octet_by_octet(echo):
    with echo.raw() as client:
        client.chop(text("in pieces") + frame(PING, b"p") + text("more"))
        # A pong need not wait for a backend.
        answers = {client.message() for _ in range(3)}
        assert answers == {(TEXT, b"in pieces"), (PONG, b"p"), (TEXT, b"more")}


def test_frames_that_come_with_the_handshake_are_read(echo):
    """A client must not send before it is answered; what it sends right behind the answer may come in one piece."""
    with echo.raw() as client:
        client.send(*[text(str(n)) for n in range(100)])
        assert {client.message()[1] for _ in range(100)} == {str(n).encode() for n in range(100)}


FRAGMENTED = {
    "two fragments": [text("frag", fin=False), frame(CONTINUATION, "ment")],
    "empty fragments": [text("", fin=False), frame(CONTINUATION, "", fin=False), frame(CONTINUATION, "fragment")],
    "a ping between": [text("frag", fin=False), frame(PING, b"x"), frame(CONTINUATION, "ment")],
    "a pong between": [text("frag", fin=False), frame(PONG, b"x"), frame(CONTINUATION, "ment")],
    "octet fragments": [text("f", fin=False)]
    + [frame(CONTINUATION, letter, fin=False) for letter in "ragmen"]
    + [frame(CONTINUATION, "t")],
}


@pytest.mark.parametrize("frames", FRAGMENTED.values(), ids=FRAGMENTED)
@pytest.mark.parametrize("cut", [whole, in_octets], ids=["at once", "in octets"])
def test_fragments_are_put_together(echo, frames, cut):
    with echo.raw() as client:
        for piece in cut(*frames):
            client.send(piece)
        opcode, payload = client.message()
        if opcode == PONG:
            assert payload == b"x"
            opcode, payload = client.message()
        assert (opcode, payload) == (TEXT, b"fragment")


def test_a_character_may_be_cut_by_fragments(echo):
    letters = "κόσμε🎉".encode()
    for cut in range(1, len(letters)):
        with echo.raw() as client:
            client.send(text(letters[:cut], fin=False), frame(CONTINUATION, letters[cut:]))
            assert client.message() == (TEXT, letters), cut


PINGS = {"without a payload": b"", "with a text": b"Hello", "with octets": bytes(range(0, 120, 3)), "with 125": b"x" * 125}


@pytest.mark.parametrize("payload", PINGS.values(), ids=PINGS)
def test_pings_are_answered_with_their_payload(echo, payload):
    with echo.raw() as client:
        client.send(frame(PING, payload))
        assert client.message() == (PONG, payload)


def test_pongs_that_nobody_asked_for_are_nothing(echo):
    with echo.raw() as client:
        client.send(frame(PONG), frame(PONG, b"unasked"), text("still here"))
        assert client.message() == (TEXT, b"still here")


#: What breaks the protocol: closed with 1002 (RFC 6455, section 7.4.1).
BROKEN = {
    "a frame without a mask": [text("Hello", masked=False)],
    "the first reserved bit": [text("Hello", rsv=4)],
    "the second reserved bit": [text("Hello", rsv=2)],
    "the third reserved bit": [text("Hello", rsv=1)],
    "reserved bits of a ping": [frame(PING, b"", rsv=7)],
    "reserved bits of a close": [frame(CLOSE, close_payload(1000), rsv=4)],
    **{f"the opcode {opcode}": [frame(opcode, b"x")] for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "a ping of 126 octets": [frame(PING, b"x" * 126)],
    "a pong of 126 octets": [frame(PONG, b"x" * 126)],
    "a close of 126 octets": [frame(CLOSE, close_payload(1000, b"x" * 124))],
    "a ping in fragments": [frame(PING, b"x", fin=False), frame(CONTINUATION, b"y")],
    "a close in fragments": [frame(CLOSE, close_payload(1000), fin=False)],
    "a continuation of nothing": [frame(CONTINUATION, b"x")],
    "an unfinished continuation of nothing": [frame(CONTINUATION, b"x", fin=False), text("y")],
    "a message within a message": [text("x", fin=False), text("y")],
    "a binary message within a message": [text("x", fin=False), frame(BINARY, b"y")],
    "a close of one octet": [frame(CLOSE, b"\x03")],
    **{
        f"the close code {code}": [frame(CLOSE, close_payload(code))]
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
    },
}


@pytest.mark.parametrize("frames", BROKEN.values(), ids=BROKEN)
def test_what_breaks_the_protocol_ends_the_connection(echo, frames):
    with echo.raw() as client:
        client.send(*frames)
        assert client.close_code() == 1002
        assert client.ended()


#: What is no UTF-8: closed with 1007.
NO_TEXT = {
    "a lone continuation": b"\x80",
    "an octet that never occurs": b"\xff",
    "too long a form": b"\xc0\xaf",
    "too long a form of three": b"\xe0\x80\xaf",
    "a surrogate": b"\xed\xa0\x80",
    "a pair of surrogates": b"\xed\xa0\x80\xed\xb0\x80",
    "above the last character": b"\xf4\x90\x80\x80",
    "five octets": b"\xf8\x88\x80\x80\x80",
    "an end within a character": b"\xce\xba\xe1\xbd",
    "text and then none": b"Hello-\xb5@\xdf\xf6\xe4\xfc\xe0\xe1-UTF-8!!",
}


@pytest.mark.parametrize("payload", NO_TEXT.values(), ids=NO_TEXT)
def test_what_is_no_text_ends_the_connection(echo, payload):
    with echo.raw() as client:
        client.send(text(payload))
        assert client.close_code() == 1007
        assert client.ended()


def test_what_is_no_text_is_found_in_the_fragment_that_has_it(echo):
    with echo.raw() as client:
        client.send(text(b"\xce\xba\xe1\xbd\xb9", fin=False), frame(CONTINUATION, b"\xf4\x90\x80\x80", fin=False))
        assert client.close_code() == 1007


def test_a_close_reason_that_is_no_text_ends_the_connection(echo):
    with echo.raw() as client:
        client.send(frame(CLOSE, close_payload(1000, b"\xff\xfe")))
        assert client.close_code() in (1002, 1007)
        assert client.ended()


def test_binary_messages_are_not_supported(echo):
    """Developer guide, "Binary media types for WebSocket APIs": closed with 1003."""
    with echo.raw() as client:
        client.send(frame(BINARY, b"\x00\x01"))
        assert client.close_code() == 1003
        client.send(frame(CLOSE, close_payload(1003)))
        assert client.ended()


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
def test_a_close_is_answered_with_its_code(echo, code):
    with echo.raw() as client:
        client.send(frame(CLOSE, close_payload(code, b"because")))
        assert client.close_code() == code
        assert client.ended()


def test_a_close_without_a_code_is_answered_with_one_without_a_code(echo):
    with echo.raw() as client:
        client.send(frame(CLOSE))
        assert client.close_code() is None
        assert client.ended()


def test_nothing_is_done_with_what_follows_a_close(echo):
    with echo.raw() as client:
        client.send(frame(CLOSE, close_payload(1000)), text("late"), frame(PING, b"late"))
        assert client.close_code() == 1000
        assert client.ended()


def test_a_message_in_fragments_goes_before_a_ping_behind_it(echo):
    with echo.raw() as client:
        client.send(text("a", fin=False), frame(PING, b"1"), frame(CONTINUATION, "b", fin=False), frame(PING, b"2"))
        assert {client.message()[0] for _ in range(1)} == {PONG}
        client.send(frame(CONTINUATION, "c"))
        answers = [client.message()]
        while answers[-1][0] == PONG:
            answers.append(client.message())
        assert answers[-1] == (TEXT, b"abc")


class TestLimits:
    """Developer guide, quotas: 32 KB a frame, 128 KB a message; above either, 1009."""

    def test_a_message_of_128_kb_passes_in_frames_of_32(self, echo):
        part = "x" * 32_768
        with echo.raw() as client:
            client.send(
                text(part, fin=False),
                frame(CONTINUATION, part, fin=False),
                frame(CONTINUATION, part, fin=False),
                frame(CONTINUATION, part),
            )
            opcode, payload, fin = client.frame()
            assert (opcode, len(payload), fin) == (TEXT, 32_768, False)
            for last in (False, False, True):
                opcode, payload, fin = client.frame()
                assert (opcode, payload.decode(), fin) == (CONTINUATION, part, last)

    def test_a_frame_above_32_kb_ends_the_connection(self, echo):
        with echo.raw() as client:
            client.send(text("x" * 32_769))
            assert client.close_code() == 1009
            assert client.ended()

    def test_a_message_above_128_kb_ends_the_connection(self, echo):
        part = "x" * 32_768
        with echo.raw() as client:
            client.send(text(part, fin=False), *[frame(CONTINUATION, part, fin=False)] * 3)
            assert quiet(client)
            client.send(frame(CONTINUATION, "x"))
            assert client.close_code() == 1009
            assert client.ended()

    def test_a_frame_that_claims_to_be_endless_costs_nothing(self, echo):
        with echo.raw() as client:
            client.send(b"\x81\xff" + b"\x7f" + b"\xff" * 7 + b"mask")
            assert client.close_code() == 1009
            assert client.ended()

    def test_buffers_that_large_messages_made_grow_are_given_back_between_messages_only(self, echo):
        large = "x" * 32_768
        with echo.raw() as client:
            for _ in range(5):
                following = text("in two pieces")
                client.send(text(large), following[:5])
                assert client.message() == (TEXT, large.encode())
                assert quiet(client, 0.05)
                client.send(following[5:])
                assert client.message() == (TEXT, b"in two pieces")
                client.send(text(large), text("a", fin=False))
                assert client.message() == (TEXT, large.encode())
                client.send(frame(CONTINUATION, "b"))
                assert client.message() == (TEXT, b"ab")
