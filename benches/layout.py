#!/usr/bin/env python3
"""Which functions a start and usual requests run: written as a linker script that puts them beside each other.

    cargo build --release --package gatewright
    .venv/bin/python benches/layout.py

A system maps a program's file in pieces of many pages around each one that is touched. Functions that run at a start
lie all over thirty megabytes of code, so without this most of it would be resident after the first request. Needs
valgrind, and binutils (`nm`, `objcopy`). What it writes, `crates/server/layout.ld`, names functions without the hash
that the compiler adds to them: it stays of use while functions keep their names, and a function that it does not know,
or that is gone, does no harm. Make it anew when `resident memory` in `make bench` grows.
"""

import argparse
import collections
import contextlib
import http.client
import pathlib
import re
import shutil
import ssl
import subprocess
import tempfile
import time

from lab.apis import define, deploy, small_document
from lab.load import HEADERS
from lab.processes import RELEASE, TOP, Lab, end
from lab.proxies import Proxies

WRITTEN = TOP / "crates/server/layout.ld"
HEAD = """/* Functions that run at a start, and then those that usual requests run besides. Made by benches/layout.py. */
SECTIONS
{
  .text :
  {
"""
#: Functions that the compiler holds for unlikely have sections of another name. What parts of the libraries these are.
UNLIKELY = re.compile("grow_one|do_reserve_and_handle|reserve_rehash|slow|initialize|disconnect")
TAIL = """  }
}
INSERT BEFORE .init;
"""

#: What usual requests run is left where it is if so many times as much would have to come along.
DILUTION = 4


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=RELEASE / "gatewright")
    options = parser.parse_args()
    for program in ("valgrind", "nm", "objcopy", "nginx", "h2load"):
        if not shutil.which(program):
            raise SystemExit(f"{program} is not installed")
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gatewright-layout-")))
        lab = Lab(folder, stack)
        traced = folder / "traced"
        subprocess.run(["objcopy", "--strip-debug", options.binary, traced], check=True)
        sizes = sizes_of(traced)
        proxies = Proxies(lab, "0,1", "0,1", traced)
        data = folder / "data"
        proxy = proxies.gatewright("layout-features", data=data)
        deploy(f"http://127.0.0.1:{proxy.port}", [small_document()] * 99)
        end(proxy.process)
        begun = executed(lab, traced, data, proxy, "begun", lambda: get(proxy, "mock"))
        asked = executed(lab, traced, data, proxy, "asked", lambda: usual(proxy))
    patterns = ordered(sizes, begun, float("inf"))
    patterns += [found for found in ordered(sizes, asked - begun, DILUTION) if found not in set(patterns)]
    WRITTEN.write_text(HEAD + "".join(map(line, patterns)) + TAIL)
    print(f"{len(begun)} functions of a start, {len(asked - begun)} of requests besides: {len(patterns)} names")


def sizes_of(binary):
    """How long the code of each function is, by its symbol."""
    rows = subprocess.run(["nm", "-S", "--defined-only", binary], check=True, capture_output=True, text=True).stdout
    rows = [row.split() for row in rows.splitlines()]
    return {row[3]: int(row[1], 16) for row in rows if len(row) == 4 and row[2] in "tTwW"}


def executed(lab, binary, data, proxy, name, ask):
    """The symbols of all functions that run while a gateway starts, is asked, and ends."""
    out = lab.folder / name
    command = ["valgrind", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={out}", binary, "serve",
               "--data-dir", data, "--config", lab.folder / "layout-features.toml", "--listen", f"127.0.0.1:{proxy.port}",
               "--tls-listen", f"127.0.0.1:{proxy.tls_port}"]
    process = lab.spawn(name, command, "0,1")
    lab.wait_for(proxy.port, name, 120)
    ask()
    # What it does once a second is done as well.
    time.sleep(3)
    process.terminate()
    process.wait(120)
    if not out.exists():
        raise SystemExit((lab.folder / f"{name}.log").read_text(errors="replace"))
    names, own, functions = {}, False, set()
    objects = {}
    for line in out.read_text().splitlines():
        if found := re.match(r"(c?)ob=\((\d+)\)(?: (.*))?$", line):
            called, number, path = found.groups()
            if path:
                objects[number] = path
            if not called:
                own = objects[number] == str(binary)
        elif found := re.match(r"(c?)fn=\((\d+)\)(?: (.*))?$", line):
            called, number, name = found.groups()
            if name:
                # Functions that call themselves are counted by their depth.
                names[number] = re.sub(r"'\d+$", "", name)
            if own and not called:
                functions.add(names[number])
    return functions


def get(proxy, case, connection=None, method="GET", body=None):
    connection = connection or http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60)
    connection.request(method, proxy.paths[case], body, HEADERS)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise SystemExit(f"{method} {case} was answered {answer.status}")


def usual(proxy):
    """A few requests of each of the kinds that `make bench` measures, and some over HTTP/2."""
    get(proxy, "mock")
    insecure = ssl._create_unverified_context()
    for connection in (http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60),
                       http.client.HTTPSConnection("127.0.0.1", proxy.tls_port, timeout=60, context=insecure)):
        for _ in range(5):
            get(proxy, "get", connection)
            get(proxy, "mock", connection)
            get(proxy, "post", connection, "POST", b"x" * 16_384)
        connection.close()
    headers = [part for name, value in HEADERS.items() for part in ("-H", f"{name}: {value}")]
    subprocess.run(["h2load", "-n", "20", "-c", "2", *headers, proxy.url("tls-get")], check=True, capture_output=True)


def ordered(sizes, functions, dilution):
    """The names of `functions` for the linker, those first with which the least comes along that does not run."""
    named = collections.defaultdict(lambda: [0, 0])
    for symbol, size in sizes.items():
        found = named[pattern(symbol)]
        found[0] += size
        found[1] += size if symbol in functions else 0
    share = {name: runs / all_ for name, (all_, runs) in named.items() if runs and all_}
    return [name for name in sorted(share, key=lambda name: (-share[name], name)) if share[name] * dilution >= 1]


def line(pattern):
    """What the linker script has for a pattern."""
    unlikely = f" .text.unlikely.{pattern}" if UNLIKELY.search(pattern) else ""
    return f"    *(.text.{pattern}{unlikely})\n"


def pattern(symbol):
    """A symbol as the linker script has it: without what changes from one build to the next."""
    symbol = re.sub(r"\.llvm\.\d+$", "", symbol)
    symbol = re.sub(r"17h[0-9a-f]{16}E", "17h*", symbol)
    return re.sub(r"Cs[0-9A-Za-z]{6,13}_", "Cs*_", symbol)


if __name__ == "__main__":
    main()
