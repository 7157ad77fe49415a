#!/usr/bin/env python3
"""What a request costs: Gatewright beside nginx, in processor time per request.

    cargo build --release --package gatewright --package gatewright-gateway --example bare_proxy --bin gatewright
    .venv/bin/python benches/compare.py

Needs nginx and wrk (Debian: `apt-get install nginx-light wrk`), two processors, and boto3 (`make test` installs it).

Method. Each proxy runs on one processor (--proxy-cpu); the load and the backend run on the other. A run's cost is
the processor time that the proxy's process and its threads have used (schedstat, in nanoseconds, the kernel's work
for them included) over the requests that were answered. Runs are interleaved: every repeat has one run of each case
with each proxy, in turning order. The ratio to nginx is the median of the ratios within a repeat, so that a machine
that grows faster or slower meanwhile does not tip it. Every run counts.

Cases: get   1 KiB from the backend        (HTTP_PROXY)
       post  16 KiB to it, 1 KiB back      (HTTP_PROXY)
       mock  a body of 100 bytes, no backend (MOCK)

Proxies: nginx, haproxy (if installed and asked for), gatewright, bare, which is Gatewright's listener and backend
client with nothing between them (the example `bare_proxy`), and crowded, which is gatewright with 10,000 routes more,
each with a template, a model and a validator: `--base gatewright --proxies crowded` shows what they cost.
"""

import argparse
import contextlib
import glob
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
MOCK_BODY = json.dumps({"message": "from a mock integration", "padding": "x" * 58}, separators=(",", ":"))
CASES = ("get", "post", "mock")
REGION = "us-east-1"

WRK_SCRIPT = """
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""
POST_SCRIPT = 'wrk.method = "POST"\nwrk.body = string.rep("x", 16384)\n' + WRK_SCRIPT

NGINX = """
daemon off; master_process off; pid {folder}/{name}.pid; error_log {folder}/{name}.error;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; client_body_buffer_size 64k;
  client_body_temp_path {folder}/{name}.body; proxy_temp_path {folder}/{name}.proxy;
  fastcgi_temp_path {folder}/{name}.f; uwsgi_temp_path {folder}/{name}.u; scgi_temp_path {folder}/{name}.s;
  {body}
}}
"""


class Proxy:
    """A running proxy and the path of each case."""

    def __init__(self, name, pid, base, paths):
        self.name, self.pid, self.base, self.paths = name, pid, base, paths


class Bench:
    def __init__(self, options, folder, stack):
        self.options, self.folder, self.stack = options, pathlib.Path(folder), stack
        for name, script in (("get", WRK_SCRIPT), ("post", POST_SCRIPT), ("mock", WRK_SCRIPT)):
            (self.folder / f"{name}.lua").write_text(script)

    def spawn(self, name, command, cpu, **environment):
        """Starts a process that ends with this one; returns its pid."""
        log = self.stack.enter_context(open(self.folder / f"{name}.log", "wb"))
        process = subprocess.Popen(
            ["taskset", "-c", str(cpu), *map(str, command)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **environment},
        )
        self.stack.callback(end, process)
        return process.pid

    def nginx(self, name, port, cpu, body):
        config = self.folder / f"{name}.conf"
        config.write_text(NGINX.format(name=name, folder=self.folder, body=body))
        pid = self.spawn(name, ["nginx", "-c", config, "-e", self.folder / f"{name}.error"], cpu)
        wait_for(port, self.folder / f"{name}.log")
        return pid

    def start_backend(self):
        port = free_port()
        body = f'server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 "{"x" * 1024}"; }} }}'
        self.nginx("backend", port, self.options.load_cpu, body)
        return port

    # Each of these starts one proxy in front of the backend.

    def start_nginx(self, backend):
        port = free_port()
        body = f"""
          upstream backend {{ server 127.0.0.1:{backend}; keepalive 256; keepalive_requests 1000000000; }}
          server {{
            listen 127.0.0.1:{port} backlog=4096;
            location = /mock {{ default_type application/json; return 200 '{MOCK_BODY}'; }}
            location / {{ proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; }}
          }}"""
        pid = self.nginx("nginx", port, self.options.proxy_cpu, body)
        return Proxy("nginx", pid, f"http://127.0.0.1:{port}", {"get": "/", "post": "/", "mock": "/mock"})

    def start_haproxy(self, backend):
        port = free_port()
        body = MOCK_BODY.replace('"', '\\"')
        config = self.folder / "haproxy.cfg"
        config.write_text(
            f"global\n nbthread 1\n maxconn 8000\n"
            f"defaults\n mode http\n option http-keep-alive\n http-reuse always\n"
            f" timeout client 600s\n timeout server 600s\n timeout connect 5s\n"
            f"frontend front\n bind 127.0.0.1:{port} backlog 4096\n"
            f' http-request return status 200 content-type application/json string "{body}" if {{ path /mock }}\n'
            f" default_backend back\n"
            f"backend back\n server backend 127.0.0.1:{backend} pool-max-conn -1\n"
        )
        pid = self.spawn("haproxy", ["haproxy", "-f", config], self.options.proxy_cpu)
        wait_for(port, self.folder / "haproxy.log")
        return Proxy("haproxy", pid, f"http://127.0.0.1:{port}", {"get": "/", "post": "/", "mock": "/mock"})

    def start_bare(self, backend):
        port = free_port()
        command = [TOP / "target/release/examples/bare_proxy", f"127.0.0.1:{port}", f"http://127.0.0.1:{backend}", 1]
        pid = self.spawn("bare", command, self.options.proxy_cpu)
        wait_for(port, self.folder / "bare.log")
        return Proxy("bare", pid, f"http://127.0.0.1:{port}", {"get": "/", "post": "/", "mock": "/mock"})

    def start_gatewright(self, backend, name="gatewright"):
        port = free_port()
        endpoint = f"http://127.0.0.1:{port}"
        config = self.folder / f"{name}.toml"
        config.write_text("[account_throttle]\nrate = 1e9\nburst = 2147483647\n")
        command = [self.options.binary, "serve", "--ephemeral", "--config", config, "--listen", f"127.0.0.1:{port}"]
        pid = self.spawn(name, command, self.options.proxy_cpu)
        wait_for(port, self.folder / f"{name}.log")
        if name == "crowded":
            crowd(endpoint)
        api = define_api(endpoint, f"http://127.0.0.1:{backend}/")
        stage = f"/_aws/execute-api/{api}/bench"
        paths = {"get": f"{stage}/proxied", "post": f"{stage}/proxied", "mock": f"{stage}/mock"}
        return Proxy(name, pid, endpoint, paths)

    def start_crowded(self, backend):
        return self.start_gatewright(backend, "crowded")

    def run(self, proxy, case, seconds):
        """One run: what each request cost, and how long it took."""
        command = ["taskset", "-c", str(self.options.load_cpu), "wrk", "-t1", f"-c{self.options.connections}",
                   f"-d{seconds}s", "--timeout", "5s", "-s", self.folder / f"{case}.lua", proxy.base + proxy.paths[case]]
        before = used_nanoseconds(proxy.pid)
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=True)
        used = used_nanoseconds(proxy.pid) - before
        requests, duration, p50, p99, errors = map(int, re.search(r"RESULT (.*)", done.stdout)[1].split())
        if requests == 0 or errors:
            raise SystemExit(f"{proxy.name}, {case}: {errors} of {requests} requests failed\n{done.stdout}")
        return {"micros": used / 1e3 / requests, "rps": requests / (duration / 1e6), "p50": p50, "p99": p99,
                "rss": resident_mib(proxy.pid)}


def apigateway(endpoint):
    import boto3

    return boto3.client("apigateway", endpoint_url=endpoint, region_name=REGION,
                        aws_access_key_id="bench", aws_secret_access_key="bench")


def crowd(endpoint, apis=34, resources=299):
    """Deploys APIs as large as AWS lets them be: more than 10,000 routes."""
    client = apigateway(endpoint)
    reply = {"statusCode": "200", "responseTemplates": {"application/json": '{"id": "$input.params(\'id\')"}'}}
    post = {
        "parameters": [{"name": "id", "in": "query", "type": "string", "required": True},
                       {"name": "thing", "in": "body", "schema": {"$ref": "#/definitions/Thing"}}],
        "responses": {"200": {"description": ""}},
        "x-amazon-apigateway-request-validator": "all",
        "x-amazon-apigateway-integration": {
            "type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'}, "responses": {"default": reply},
        },
    }
    thing = {"type": "object", "properties": {"name": {"type": "string", "pattern": "^[a-z]+$"}}}
    document = {
        "swagger": "2.0", "info": {"title": "crowd", "version": "1"}, "definitions": {"Thing": thing},
        "x-amazon-apigateway-request-validators": {
            "all": {"validateRequestBody": True, "validateRequestParameters": True},
        },
        "paths": {f"/things{n}": {"post": post} for n in range(resources)},
    }
    for _ in range(apis):
        api = client.import_rest_api(body=json.dumps(document), failOnWarnings=True)["id"]
        client.create_deployment(restApiId=api, stageName="bench")


def define_api(endpoint, backend_url):
    """A REST API with a proxied and a mocked method, deployed to the stage `bench`; its id."""
    client = apigateway(endpoint)
    api = client.create_rest_api(name="bench")

    def method(path, verb):
        resource = client.create_resource(restApiId=api["id"], parentId=api["rootResourceId"], pathPart=path)
        place = {"restApiId": api["id"], "resourceId": resource["id"], "httpMethod": verb}
        client.put_method(**place, authorizationType="NONE")
        return place

    proxied = method("proxied", "ANY")
    client.put_integration(**proxied, type="HTTP_PROXY", integrationHttpMethod="ANY", uri=backend_url)
    mocked = method("mock", "GET")
    client.put_integration(**mocked, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    client.put_method_response(**mocked, statusCode="200")
    client.put_integration_response(**mocked, statusCode="200", responseTemplates={"application/json": MOCK_BODY})
    client.create_deployment(restApiId=api["id"], stageName="bench")
    return api["id"]


def used_nanoseconds(pid):
    """Processor time of a process with all its threads."""
    total = 0
    for file in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with contextlib.suppress(OSError):
            total += int(pathlib.Path(file).read_text().split()[0])
    return total


def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def wait_for(port, log, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 0.3).close()
            return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on {port}:\n{log.read_text(errors='replace')}")


def end(process):
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def quartiles(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 4], ordered[-1 - len(ordered) // 4]


def table(results, base):
    """One Markdown table a case."""
    lines = []
    for case in dict.fromkeys(case for case, _ in results):
        rows = {name: runs for (of, name), runs in results.items() if of == case}
        lines += [f"\n### {case}\n", f"| proxy | µs a request (quartiles) | against {base} (quartiles) | requests/s | "
                  "p50 µs | p99 µs | RSS MiB |", "|---|---|---|---|---|---|---|"]
        for name, runs in sorted(rows.items(), key=lambda row: statistics.median(run["micros"] for run in row[1])):
            middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            low, high = quartiles([run["micros"] for run in runs])
            ratios = [run["micros"] / other["micros"] for run, other in zip(runs, rows[base])]
            least, most = quartiles(ratios)
            lines.append(f"| {name} | {middle['micros']:.2f} ({low:.1f}..{high:.1f}) | "
                         f"{statistics.median(ratios):.2f} ({least:.2f}..{most:.2f}) | {middle['rps']:.0f} | "
                         f"{middle['p50']:.0f} | {middle['p99']:.0f} | {middle['rss']:.1f} |")
    return "\n".join(lines)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--proxies", default="nginx,bare,gatewright", help="the base runs as well")
    parser.add_argument("--base", default="nginx", help="what the others are compared with")
    parser.add_argument("--cases", default=",".join(CASES))
    parser.add_argument("--seconds", type=int, default=3, help="of each run")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--proxy-cpu", type=int, default=0)
    parser.add_argument("--load-cpu", type=int, default=1)
    parser.add_argument("--binary", default=TOP / "target/release/gatewright")
    parser.add_argument("--json", type=pathlib.Path, help="where to put every run")
    return parser.parse_args()


def main():
    options = arguments()
    names = list(dict.fromkeys([options.base, *options.proxies.split(",")]))
    for program in ("nginx", "wrk", "taskset"):
        if not shutil.which(program):
            raise SystemExit(f"{program} is not installed")
    cases = options.cases.split(",")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="gatewright-bench-"))
        bench = Bench(options, folder, stack)
        backend = bench.start_backend()
        proxies = [getattr(bench, f"start_{name}")(backend) for name in names]
        for proxy in proxies:
            for case in cases:
                bench.run(proxy, case, 1)
        results = {}
        for repeat in range(options.repeats):
            for case in cases:
                turn = repeat % len(proxies)
                for proxy in proxies[turn:] + proxies[:turn]:
                    run = bench.run(proxy, case, options.seconds)
                    results.setdefault((case, proxy.name), []).append(run)
                    print(f"{repeat + 1}/{options.repeats} {case:5} {proxy.name:11} {run['micros']:7.2f} µs", file=sys.stderr)
    print(table(results, options.base))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        listed = [{"case": case, "proxy": name, "runs": runs} for (case, name), runs in results.items()]
        options.json.write_text(json.dumps(listed, indent=1) + "\n")


if __name__ == "__main__":
    main()
