#!/usr/bin/env python3
"""Gatewright beside nginx, as one table: what a request costs, how long it takes, what a start and a deployment cost.

    make bench

Takes less than ten minutes on a machine that does nothing else, and needs two processors, nginx and wrk and h2load
(Debian: `apt-get install nginx-light wrk nghttp2-client`), and boto3. The rows that are ratios compare runs that were
interleaved (see compare.py); the others are times of this machine. The table is printed and written to
`benches/results/`. Nothing fails when a bound is missed: the table says so.
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from compare import interleaved, ratios
from lab import functions
from lab.apis import STAGE, client, deploy, large_document, signed, small_document
from lab.load import Load, median, percentile, quartiles
from lab.processes import RELEASE, TOP, Lab, end
from lab.proxies import Proxies

PROXY_CPU, LOAD_CPU = "0", "1"


class Row:
    """One line of the table; `bound` is the most that `value` may be, or the least if `least`."""

    def __init__(self, what, value, bound, unit="×", spread="", least=False):
        self.what, self.value, self.bound, self.unit = what, value, bound, unit
        self.spread, self.least = spread, least

    @property
    def holds(self):
        return self.value >= self.bound if self.least else self.value <= self.bound

    def line(self):
        sign, unit = ("≥" if self.least else "≤"), f" {self.unit}"
        spread = f" ({self.spread})" if self.spread else ""
        return f"| {self.what} | {sign} {self.bound:g}{unit} | {self.value:.2f}{unit}{spread} | {'yes' if self.holds else '**no**'} |"


def of_ratios(what, runs, base, bound):
    against = ratios(runs, base)
    low, high = quartiles(against)
    return Row(what, median(against), bound, spread=f"{low:.2f}–{high:.2f}")


class Bench:
    def __init__(self, lab, quick):
        self.lab, self.quick = lab, quick
        self.proxies, self.load = Proxies(lab, PROXY_CPU, LOAD_CPU), Load(lab, LOAD_CPU)
        self.raw = {}

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    def measure(self, names, cases, repeats, seconds):
        running = [self.start(name) for name in names]
        if self.quick:
            repeats, seconds = 1, 1
        results = interleaved(self.load, running, cases, repeats, seconds, self.say)
        self.raw.update({f"{case} {name}": runs for (case, name), runs in results.items()})
        return results

    def start(self, name):
        self.running = getattr(self, "running", {})
        if name not in self.running:
            self.say(f"starting {name}")
            self.running[name] = self.proxies.start(name)
        return self.running[name]

    def stop(self, name):
        end(self.running.pop(name).process)

    # The rows, each method some of them.

    def cost(self):
        """What requests cost with features on."""
        nginx, own = "nginx-features", "gatewright-features"
        results = self.measure([nginx, own], ["get", "post", "mock", "tls-get", "tls-new"], 7, 3)
        rows = [("GET, 1 KiB from a backend", "get", 1.0), ("POST of 16 KiB to a backend", "post", 1.0),
                ("MOCK, against nginx's `return`", "mock", 0.9), ("GET over TLS, connections kept", "tls-get", 0.9),
                ("new TLS connections", "tls-new", 0.65)]
        for what, case, bound in rows:
            yield of_ratios(f"{what}: processor time, against nginx", results[case, own], results[case, nginx], bound)

    def latency(self):
        """The 99th percentile at half of nginx's capacity."""
        nginx, own = self.start("nginx-features"), self.start("gatewright-features")
        capacity = median(run["rps"] for run in self.raw["get nginx-features"])
        rate, seconds = capacity / 2, 1 if self.quick else 4
        found = {nginx.name: [], own.name: []}
        for repeat in range(1 if self.quick else 5):
            for proxy in [nginx, own] if repeat % 2 else [own, nginx]:
                took = [micros for _, _, micros in self.load.at_rate(proxy, "get", rate, seconds)]
                found[proxy.name].append(percentile(took, 0.99))
                self.say(f"{rate:.0f}/s {proxy.name}: p99 {found[proxy.name][-1]} µs")
        against = [one / other for one, other in zip(found[own.name], found[nginx.name])]
        low, high = quartiles(against)
        yield Row(f"p99 latency of GET at half of nginx's capacity ({rate:.0f}/s), against nginx", median(against), 1.0,
                  spread=f"{low:.2f}–{high:.2f}")

    def crowd(self):
        """The same among many others."""
        results = self.measure(["gatewright-features", "crowded-features"], ["get", "mock"], 5, 2)
        for case in ("get", "mock"):
            yield of_ratios(f"{case.upper()} with 10,000 routes and 1,000 APIs deployed, against one of each",
                            results[case, "crowded-features"], results[case, "gatewright-features"], 1.05)
        self.stop("crowded-features")

    def scale(self):
        """Two workers on two processors, which the load shares: twice as many processors over what a request costs."""
        self.stop("nginx-features")
        self.stop("gatewright-features")
        one = self.proxies.gatewright("one-features", PROXY_CPU, 1)
        two = self.proxies.gatewright("two-features", f"{PROXY_CPU},{LOAD_CPU}", 2)
        both = Load(self.lab, f"{PROXY_CPU},{LOAD_CPU}")
        scales = []
        for _ in range(1 if self.quick else 5):
            single = self.load.run(one, "get", 1 if self.quick else 2)["micros"]
            scales.append(2 * single / both.run(two, "get", 1 if self.quick else 2)["micros"])
        low, high = quartiles(scales)
        end(one.process)
        end(two.process)
        yield Row("throughput on two processors against one (from processor time)", median(scales), 1.8,
                  spread=f"{low:.2f}–{high:.2f}", least=True)

    def function(self):
        """What the gateway adds to a warm Python function."""
        proxy = self.proxies.gatewright("functions", PROXY_CPU, 1)
        os.sched_setaffinity(0, {int(LOAD_CPU)})
        through = functions.ThroughTheGateway(proxy.port, functions.define(f"http://127.0.0.1:{proxy.port}"))
        _, event = through.call("/echo")
        bare = functions.BareLoop(self.lab, PROXY_CPU, event.replace(b"/echo", b"/call"))
        added = []
        for _ in range(2 if self.quick else 9):
            by_gateway = median(through.call()[0] for _ in range(300))
            added.append((by_gateway - median(bare.call() for _ in range(300))) * 1e3)
        low, high = quartiles(added)
        os.sched_setaffinity(0, {int(PROXY_CPU), int(LOAD_CPU)})
        end(proxy.process)
        yield Row("added to a warm Python function, p50, over a bare Runtime API loop", median(added), 0.2, "ms",
                  f"{low:.2f}–{high:.2f}")

    def begin(self):
        """A start with 100 APIs stored."""
        data = self.lab.folder / "begin.data"
        proxy = self.proxies.gatewright("begin", PROXY_CPU, 2, data)
        deploy(f"http://127.0.0.1:{proxy.port}", [small_document()] * 99)
        end(proxy.process)
        config = self.lab.folder / "begin.toml"
        times, resident = [], []
        for _ in range(2 if self.quick else 7):
            command = [RELEASE / "gatewright", "serve", "--data-dir", data, "--config", config, "--listen",
                       f"127.0.0.1:{proxy.port}", "--tls-listen", f"127.0.0.1:{proxy.tls_port}"]
            started = time.perf_counter()
            process = self.lab.spawn("begin", command, f"{PROXY_CPU},{LOAD_CPU}")
            until_answered(proxy.port, proxy.paths["mock"])
            times.append((time.perf_counter() - started) * 1e3)
            proxy.process = process
            time.sleep(0.5)
            resident.append(proxy.resident())
            end(process)
        yield Row("start to first answered request, 100 APIs stored", median(times), 60, "ms", f"{min(times):.0f}–{max(times):.0f}")
        yield Row("resident memory after it, idle", median(resident), 25, "MiB")

    def deployment(self):
        """A deployment of an API with 300 resources under full load."""
        proxy = self.proxies.gatewright("deployed", f"{PROXY_CPU},{LOAD_CPU}", 1)
        endpoint = f"http://127.0.0.1:{proxy.port}"
        gateway = client("apigateway", endpoint)
        api = gateway.import_rest_api(body=json.dumps(large_document()), failOnWarnings=True)["id"]
        gateway.create_deployment(restApiId=api, stageName=STAGE)
        path, body = f"/restapis/{api}/deployments", json.dumps({"stageName": STAGE})
        spans, seconds, times = [], 3 if self.quick else 8, 2 if self.quick else 10
        # Made beforehand, since what the client works is taken from the requests.
        headers = {"Host": f"127.0.0.1:{proxy.port}", "Content-Length": len(body),
                   **signed(endpoint, "apigateway", path, body)}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        request = f"POST {path} HTTP/1.1\r\n{head}\r\n{body}".encode()

        def deploying():
            with socket.create_connection(("127.0.0.1", proxy.port)) as connection:
                for _ in range(times):
                    time.sleep(0.5)
                    started = time.time()
                    connection.sendall(request)
                    answer = connection.recv(65536)
                    if answer.startswith(b"HTTP/1.1 201") and answer.endswith(b"}"):
                        spans.append((started, time.time()))

        thread = threading.Thread(target=deploying)
        thread.start()
        rows = self.load.closed(proxy, "get", seconds)
        thread.join()
        end(proxy.process)
        if len(spans) < times:
            raise SystemExit(f"{times - len(spans)} of {times} deployments failed")
        during, else_ = [], []
        for began, status, micros in rows:
            over = began + micros
            inside = any(began < until * 1e6 and over > since * 1e6 for since, until in spans)
            (during if inside else else_).append(micros)
        usual = percentile(else_, 0.99)
        took = [(until - since) * 1e3 for since, until in spans]
        self.say(f"deployments: {[round(ms, 1) for ms in took]} ms; p99 {usual} µs, meanwhile {percentile(during, 0.99)}, "
                 f"longest {max(else_)} and {max(during)} of {len(else_)} and {len(during)}")
        yield Row("a deployment of 300 resources under full load is live after", median(took), 20, "ms",
                  f"{min(took):.0f}–{max(took):.0f}")
        yield Row("p99 of requests meanwhile, against all others'", percentile(during, 0.99) / usual, 2.0)


def until_answered(port, path):
    """Asks until there is an answer with 200."""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", port), 1) as connected:
                connected.sendall(request)
                if connected.recv(4096).startswith(b"HTTP/1.1 200"):
                    return
        time.sleep(0.001)
    raise SystemExit("no answer after the start")


def machine():
    """What it was measured on."""
    model = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    version = subprocess.run([RELEASE / "gatewright", "--version"], capture_output=True, text=True).stdout.strip()
    nginx = subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr.strip().rpartition("/")[2]
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=TOP).stdout.strip()
    return (f"{os.cpu_count()} × {model[1] if model else platform.machine()}, Linux {platform.release()}; {version} "
            f"({commit}), nginx {nginx}; {datetime.date.today()}; `make bench`")


PARTS = ("cost", "latency", "crowd", "scale", "function", "begin", "deployment")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS), help="parts of the table: " + ", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="one short run of each: shows that it works, measures nothing")
    options = parser.parse_args()
    for program in ("nginx", "wrk", "h2load", "openssl", "taskset"):
        if not shutil.which(program):
            raise SystemExit(f"{program} is not installed")
    rows = []
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="gatewright-bench-"))
        bench = Bench(Lab(folder, stack), options.quick)
        for part in options.only.split(","):
            rows.extend(getattr(bench, part)())
    lines = ["| what | bound | measured (quartiles) | holds |", "|---|---|---|---|", *(row.line() for row in rows)]
    text = "\n".join([*lines, "", machine(), ""])
    print(text)
    if not options.quick and options.only == ",".join(PARTS):
        results = TOP / "benches/results"
        results.mkdir(exist_ok=True)
        (results / "table.md").write_text(text)
        (results / "runs.json").write_text(json.dumps(bench.raw, indent=1) + "\n")


if __name__ == "__main__":
    main()
