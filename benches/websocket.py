#!/usr/bin/env python3
"""What idle WebSocket connections hold, and how long a message to all of them takes.

    cargo build --release --package gatewright
    .venv/bin/python benches/websocket.py

Needs what `make test` installs, and as many open files as there are connections (`ulimit -n`). Everything runs on this
machine: the gateway with its state in memory, and clients that shake hands, ask for their identifiers and then say
nothing. Memory is what the gateway's process has resident before the first and after the last of them. Then each gets
one message by PostToConnection, signed and sent by boto3, and reads it.
"""

import argparse
import os
import pathlib
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

TOP = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests"))

from harness import process  # noqa: E402
from harness.account import Aws  # noqa: E402
from harness.signing import Person, statement  # noqa: E402
from harness.websocket import WebSocketApi, frame  # noqa: E402

WARM = 200
SENDERS = 4


def resident(gateway):
    with open(f"/proc/{gateway.pid}/status", encoding="ascii") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) * 1024


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--connections", type=int, default=10_000)
    options.add_argument("--binary", type=pathlib.Path, default=TOP / "target/release/gatewright")
    options = options.parse_args()
    os.environ["GATEWRIGHT_BIN"] = str(options.binary)
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "gatewright.toml"
        config.write_text("[account_throttle]\nrate = 1000000.0\nburst = 1000000\n")
        with process.Gateway("--ephemeral", "--config", config) as gateway:
            measure(gateway, options.connections)


def measure(gateway, connections):
    aws = Aws(gateway.endpoint, "us-east-1")
    api = WebSocketApi(aws)
    api.route("$default", api.mock("$context.connectionId"), two_way=True)
    api.deploy()
    warm = [connected(api)[0] for _ in range(WARM)]
    before, began = resident(gateway), time.monotonic()
    clients = [connected(api) for _ in range(connections)]
    took, after = time.monotonic() - began, resident(gateway)
    print(f"{connections} connections in {took:.1f} s; {(after - before) / connections:.0f} bytes each, {after >> 20} MiB in all")

    person = Person(aws, statement("Allow", "execute-api:ManageConnections", "*"))
    callbacks = api.management(person)
    began = time.monotonic()
    with ThreadPoolExecutor(SENDERS) as senders:
        list(senders.map(lambda client: callbacks.post_to_connection(ConnectionId=client[1], Data=b"to all"), clients))
    for client, _ in clients:
        assert client.message() == (1, b"to all")
    took = time.monotonic() - began
    print(f"one message to each in {took:.1f} s ({took / connections * 1e6:.0f} microseconds each, boto3's time included)")
    print(f"{resident(gateway) >> 20} MiB behind it")
    for client in warm:
        client.close()
    for client, _ in clients:
        client.close()


def connected(api):
    client = api.raw()
    client.send(frame(1, "who am I?"))
    return client, client.message()[1].decode()


if __name__ == "__main__":
    main()
