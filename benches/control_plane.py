#!/usr/bin/env python3
"""How fast the control plane is: durable changes a second, and what a large API costs to read, export and deploy.

    cargo build --release --package gatewright
    .venv/bin/python benches/control_plane.py

Needs boto3 (`make test` installs it). Everything runs on this machine: the gateway with its state in a temporary
directory on the disk, and sixteen connections that create resources as fast as they are answered, each in APIs of
its own, up to API Gateway's 300 resources. An answer means that the change is on the disk, which is checked at the
end: the gateway is killed, started again, and asked for all of them.

The large API has 300 resources, each but the root with a method, a MOCK integration and their responses.
"""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import signal
import statistics
import subprocess
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
REGION = "us-east-1"
RESOURCES = 300


class Gateway:
    """A gateway process; `endpoint` is what it said it listens on."""

    def __init__(self, binary, directory):
        command = [str(binary), "serve", "--listen", "127.0.0.1:0", "--data-dir", str(directory)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if "http://" in line:
                self.endpoint = "http://" + line.split("http://")[1].split()[0].rstrip(".,/")
                break
        else:
            raise SystemExit("the gateway did not start")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait(20)


def boto(endpoint):
    import boto3

    return boto3.client("apigateway", endpoint_url=endpoint, region_name=REGION,
                        aws_access_key_id="bench", aws_secret_access_key="bench")


def signature(endpoint):
    """The headers of a signed call. In development any signature will do, so one serves for all calls."""
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials

    request = botocore.awsrequest.AWSRequest("POST", endpoint + "/restapis")
    keys = botocore.credentials.Credentials("bench", "bench")
    botocore.auth.SigV4Auth(keys, "apigateway", REGION).add_auth(request)
    return {**dict(request.headers.items()), "Content-Type": "application/json"}


class Connection:
    """One kept connection."""

    def __init__(self, endpoint, headers):
        self.http = http.client.HTTPConnection(endpoint.removeprefix("http://"), timeout=30)
        self.headers = headers

    def call(self, method, path, body=None):
        self.http.request(method, path, body and json.dumps(body), self.headers)
        answer = self.http.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text) if text else {}


def create(endpoint, connections, seconds):
    """Creates resources for a while; the ids that were acknowledged, by API, and the time it took."""
    headers = signature(endpoint)
    acknowledged, lock = {}, threading.Lock()
    until = time.monotonic() + seconds

    def run():
        connection = Connection(endpoint, headers)
        while time.monotonic() < until:
            api = connection.call("POST", "/restapis", {"name": "bench"})
            made = []
            with lock:
                acknowledged[api["id"]] = made
            path = f"/restapis/{api['id']}/resources/{api['rootResourceId']}"
            for number in range(1, RESOURCES):
                if time.monotonic() >= until:
                    return
                made.append(connection.call("POST", path, {"pathPart": f"part-{number}"})["id"])

    started = time.monotonic()
    threads = [threading.Thread(target=run) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return acknowledged, time.monotonic() - started


def missing(client, acknowledged):
    """How many acknowledged resources are not there."""
    lost = 0
    for api, made in acknowledged.items():
        there = {item["id"] for item in client.get_resources(restApiId=api, limit=500)["items"]}
        lost += len(set(made) - there)
    return lost


def large_api(endpoint):
    """The id of an API with 300 resources, 299 of them with a method."""
    connection = Connection(endpoint, signature(endpoint))
    api = connection.call("POST", "/restapis", {"name": "large"})
    base = f"/restapis/{api['id']}/resources"
    for number in range(1, RESOURCES):
        resource = connection.call("POST", f"{base}/{api['rootResourceId']}", {"pathPart": f"part-{number}"})["id"]
        method = f"{base}/{resource}/methods/GET"
        parameters = {f"method.request.querystring.q{n}": False for n in range(3)}
        connection.call("PUT", method, {"authorizationType": "NONE", "requestParameters": parameters})
        connection.call("PUT", f"{method}/responses/200", {"responseModels": {"application/json": "Empty"}})
        template = {"application/json": '{"statusCode": 200}'}
        connection.call("PUT", f"{method}/integration", {"type": "MOCK", "requestTemplates": template})
        answer = {"responseTemplates": {"application/json": '{"message": "from a mock integration"}'}}
        connection.call("PUT", f"{method}/integration/responses/200", answer)
    return api["id"]


def timed(repeats, run):
    """Median and maximum of the time that `run` takes, in milliseconds."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times), max(times)


def large(endpoint, repeats):
    """What the large API costs: rows of (what, median, maximum)."""
    api = large_api(endpoint)
    connection = Connection(endpoint, signature(endpoint))
    stages = f"/restapis/{api}/deployments"
    connection.call("POST", stages, {"stageName": "bench"})
    operations = {
        "read (GetResources, embed=methods)": ("GET", f"/restapis/{api}/resources?limit=500&embed=methods", None),
        "export (GetExport, oas30, extensions)":
            ("GET", f"/restapis/{api}/stages/bench/exports/oas30?extensions=apigateway", None),
        "deploy (CreateDeployment to a stage)": ("POST", stages, {"stageName": "bench"}),
    }
    return [(what, *timed(repeats, lambda call=call: connection.call(*call))) for what, call in operations.items()]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=TOP / "target/release/gatewright")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=21, help="of each operation on the large API")
    return parser.parse_args()


def main():
    options = arguments()
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    with tempfile.TemporaryDirectory(prefix="gatewright-bench-", dir=TOP) as directory, contextlib.ExitStack() as stack:
        gateway = Gateway(options.binary, directory)
        stack.callback(lambda: gateway.end())
        acknowledged, seconds = create(gateway.endpoint, options.connections, options.seconds)
        count = sum(map(len, acknowledged.values()))
        gateway.end(signal.SIGKILL)
        gateway = Gateway(options.binary, directory)
        lost = missing(boto(gateway.endpoint), acknowledged)
        print(f"CreateResource over {options.connections} connections: {count / seconds:.0f} a second "
              f"({count} in {seconds:.1f} s); lost by kill -9: {lost}")
        print(f"\n| an API of {RESOURCES} resources | median ms | maximum ms |\n|---|---|---|")
        for what, median, maximum in large(gateway.endpoint, options.repeats):
            print(f"| {what} | {median:.1f} | {maximum:.1f} |")
    if lost:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
