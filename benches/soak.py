#!/usr/bin/env python3
"""Whether a gateway with everything on holds what it held: memory, descriptors, threads, and no failure of its own.

    make test                                       # installs what it needs
    cargo build --release --package gatewright
    .venv/bin/python benches/soak.py --minutes 30

One gateway serves a REST, an HTTP and a WebSocket API, a private one, a custom domain name with mutual TLS and a
portal to some dozens of clients at bounded rates, about a hundred requests a second in all: it is no load test. Some clients break off or read slowly, some functions and backends fail,
and owners change keys, stages, routes, functions and deployments meanwhile and try each change at once. At the end it
says what was answered, what of it nobody provoked, and whether the last third of the time held more than the second.
The exit status is 1 if it did, or if something was not provoked.
"""

import argparse
import contextlib
import json
import os
import pathlib
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests"))

from harness import process  # noqa: E402
from harness.user_pools import Pool  # noqa: E402
from lab.everything import Everything  # noqa: E402
from lab.moody_backend import MoodyBackend  # noqa: E402
from lab.other_ways import ByOtherWays, OtherWays  # noqa: E402
from lab.owners import Owners  # noqa: E402
from lab.tally import Held, Tally  # noqa: E402
from lab.visitors import Visitors  # noqa: E402

#: How the gateway's banner has its endpoint for TLS, and the operator's.
OTHERS = (r"(https://127\.0\.0\.1:\d+)", r"Metrics +(http://127\.0\.0\.1:\d+)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--pace", type=float, default=1, help="what all rates are multiplied by")
    parser.add_argument("--binary", type=pathlib.Path, default=TOP / "target/release/gatewright")
    parser.add_argument("--json", type=pathlib.Path, help="where samples and counts go")
    options = parser.parse_args()
    os.environ["GATEWRIGHT_BIN"] = str(options.binary.absolute())
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gatewright-soak-")))
        sys.exit(0 if soak(folder, stack, options) else 1)


def soak(folder, stack, options):
    """Runs it; whether all is well."""
    pool = Pool("soak")
    backend = stack.enter_context(contextlib.closing(MoodyBackend(pool)))
    config = folder / "gatewright.toml"
    # Processes of a function's old code are gone within a third of a short run.
    ways = OtherWays(folder)
    config.write_text("[functions]\nidle_seconds = 20\n" + ways.configuration)
    arguments = ("--data-dir", folder / "data", "--config", config, "--tls-listen", "127.0.0.1:0",
                 "--admin-listen", "127.0.0.1:0", "--log", "warn")
    gateway = stack.enter_context(process.Gateway(*arguments))
    endpoints = (gateway.endpoint, *(gateway.wait_for_line(found)[1].replace("https", "http") for found in OTHERS))
    everything = Everything(gateway.endpoint, backend, pool)
    ways.define(everything)
    tally = Tally()
    parties = [Visitors(everything, *endpoints, tally), ByOtherWays(ways, everything, *endpoints, tally),
               Owners(everything, *endpoints, tally)]
    seconds = options.minutes * 60
    held = Held(gateway.pid, folder / "data", min(5, seconds / 90))
    began = time.monotonic()
    for party in parties:
        party.start(options.pace)
    while (left := began + seconds - time.monotonic()) > 0:
        time.sleep(min(60, left))
        print(f"{time.monotonic() - began:6.0f} s: {json.dumps({k: round(v, 1) for k, v in held.now().items()})}, "
              f"{sum(tally.surprises.values())} surprises", file=sys.stderr, flush=True)
    held.end()
    for party in parties:
        party.end()
    lines, flat = held.report()
    print("\n".join([*tally.report(), *lines, *said(gateway)]))
    if options.json:
        counts = {who: {str(answer): count for answer, count in answers.items()} for who, answers in tally.answers.items()}
        options.json.write_text(json.dumps({"samples": held.samples, "answers": counts}, indent=1) + "\n")
    return flat and not tally.surprises


def said(gateway):
    """What the gateway wrote into its own log: each kind of line once."""
    lines = [line for line in gateway.output if "ERROR" in line or "panicked" in line]
    if lines:
        yield f"the gateway's log has {len(lines)} errors, such as"
        yield from (f"  {line[:300]}" for line in lines[:5])


if __name__ == "__main__":
    main()
