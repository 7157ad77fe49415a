"""examples/chat with two hundred clients in ten rooms."""

import concurrent.futures
import contextlib
import json
import subprocess
import sys

import pytest
import websockets.exceptions
from websockets.sync.client import connect

from harness.process import TOP, clean_environment

CLIENTS, ROOMS = 200, 10


@pytest.fixture
def url(gateway):
    done = subprocess.run(
        [sys.executable, TOP / "examples" / "chat" / "deploy.py", gateway.endpoint],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_what_somebody_says_reaches_all_in_the_room_and_nobody_else(url):
    with contextlib.ExitStack() as open_clients, concurrent.futures.ThreadPoolExecutor(16) as threads:

        def enter(number):
            client = connect(f"{url}?name=person-{number}", open_timeout=60, compression=None)
            client = open_clients.enter_context(client)
            client.send(json.dumps({"action": "join", "room": f"room-{number % ROOMS}"}))
            return client, json.loads(client.recv(timeout=60))

        entered = list(threads.map(enter, range(CLIENTS)))
        clients = [client for client, _ in entered]
        assert [answer["joined"] for _, answer in entered] == [f"room-{n % ROOMS}" for n in range(CLIENTS)]
        # Those who came last found the others.
        last_to_join = max((answer["here"] for _, answer in entered), key=len)
        assert len(last_to_join) == CLIENTS // ROOMS - 1

        for number in range(ROOMS):
            clients[number].send(json.dumps({"action": "say", "text": f"hello from {number}"}))
        heard = list(threads.map(lambda client: json.loads(client.recv(timeout=60)), clients))
        assert heard == [{"from": f"person-{n % ROOMS}", "text": f"hello from {n % ROOMS}"} for n in range(CLIENTS)]

        # Who leaves hears nothing more, and the others do.
        gone = clients[ROOMS]
        gone.close()
        clients[0].send(json.dumps({"action": "say", "text": "still here?"}))
        others = [clients[n] for n in range(0, CLIENTS, ROOMS) if clients[n] is not gone]
        for client in others:
            assert json.loads(client.recv(timeout=60))["text"] == "still here?"
        clients[1].send("what can I do?")
        assert "error" in json.loads(clients[1].recv(timeout=60))


def test_nobody_enters_without_a_name(url):
    with pytest.raises(websockets.exceptions.InvalidStatus) as refused, connect(url):
        pass
    assert refused.value.response.status_code == 400
    assert refused.value.response.body.decode() == "A name is needed: ?name=…"
