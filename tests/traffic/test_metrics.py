"""Metrics: API Gateway's names and meanings (developer guide, "Amazon API Gateway dimensions and metrics"), scraped
from an address of its own."""

import pytest

from harness import wire
from harness.account import Aws, patch
from harness.backend import Backend
from harness.definitions import RestApi
from harness.http_apis import HttpApi
from harness.metrics import Metrics
from harness.process import Gateway, run


@pytest.fixture(scope="module")
def watched():
    """A gateway with an address for its operator."""
    with Gateway("--ephemeral", "--admin-listen", "127.0.0.1:0") as running:
        running.admin = running.wait_for_line(r"Metrics +(http://127\.0\.0\.1:\d+)/metrics")[1]
        yield running


@pytest.fixture
def aws(watched):
    return Aws(watched.endpoint, "us-east-1")


@pytest.fixture
def call(watched):
    return lambda method, target, **settings: wire.send(watched.endpoint, method, target, **settings)


@pytest.fixture
def scrape(watched):
    return lambda: Metrics(wire.send(watched.admin, "GET", "/metrics").text)


def settings(api, *patches):
    api.client.update_stage(
        restApiId=api.id, stageName="test", patchOperations=[patch("replace", path, value) for path, value in patches]
    )


class TestStages:
    def test_answers_are_counted_by_class(self, aws, call, scrape):
        api = RestApi(aws, name='pets "and" more')
        api.mock("/pets")
        api.mock("/broken", status="500")
        api.deploy()
        for path in ("/pets", "/pets", "/unknown", "/broken"):
            call("GET", api.path(path))
        metrics = scrape()
        stage = {"api": api.id, "stage": "test", "canary": "false"}
        for name, expected in [
            ("count_total", 4),
            ("4xx_error_total", 1),
            ("5xx_error_total", 1),
            ("cache_hit_count_total", 0),
            ("cache_miss_count_total", 0),
            ("latency_seconds_count", 4),
            # MOCK asks nobody.
            ("integration_latency_seconds_count", 0),
        ]:
            assert metrics.value(f"gatewright_stage_{name}", **stage) == expected, name
        info = metrics.value(
            "gatewright_stage_info", api=api.id, stage="test", api_name='pets \\"and\\" more', region="us-east-1"
        )
        assert info == 1

    def test_what_the_gateway_refuses_for_a_fault_is_a_server_error(self, aws, call, scrape):
        api = RestApi(aws)
        api.http_proxy("/", "http://127.0.0.1:1/")
        api.deploy()
        assert call("GET", api.path()).status == 504
        metrics = scrape()
        assert metrics.value("gatewright_stage_5xx_error_total", api=api.id) == 1
        assert metrics.value("gatewright_stage_integration_latency_seconds_count", api=api.id) == 1

    def test_integrations_that_were_asked_have_a_latency_within_the_whole(self, aws, call, scrape, backend):
        api = RestApi(aws)
        api.http_proxy("/", backend.url)
        api.deploy()
        for path in ("/", "/", "/unknown"):
            call("GET", api.path(path))
        metrics = scrape()
        value = lambda name: metrics.value(f"gatewright_stage_{name}", api=api.id)  # noqa: E731
        assert (value("latency_seconds_count"), value("integration_latency_seconds_count")) == (3, 2)
        assert 0 < value("integration_latency_seconds_sum") <= value("latency_seconds_sum")
        bucket = lambda bound: metrics.value("gatewright_stage_latency_seconds_bucket", api=api.id, le=bound)  # noqa: E731
        assert bucket("+Inf") == 3
        assert 0 <= bucket("0.00025") <= bucket("0.0005") <= bucket("30") <= 3

    def test_hits_and_misses_of_the_cache(self, aws, call, scrape, backend):
        api = RestApi(aws)
        api.http_proxy("/", backend.url)
        api.deploy(cacheClusterEnabled=True, cacheClusterSize="0.5")
        settings(api, ("/*/*/caching/enabled", "true"))
        for _ in range(3):
            assert call("GET", api.path()).status == 200
        metrics = scrape()
        assert metrics.value("gatewright_stage_cache_hit_count_total", api=api.id) == 2
        assert metrics.value("gatewright_stage_cache_miss_count_total", api=api.id) == 1
        assert metrics.value("gatewright_stage_integration_latency_seconds_count", api=api.id) == 1

    def test_counters_outlive_deployments_and_end_with_the_stage(self, aws, call, scrape):
        api = RestApi(aws)
        api.mock("/")
        api.deploy()
        call("GET", api.path())
        api.deploy()
        call("GET", api.path())
        assert scrape().value("gatewright_stage_count_total", api=api.id) == 2
        api.client.delete_stage(restApiId=api.id, stageName="test")
        assert scrape().value("gatewright_stage_count_total", api=api.id) is None

    def test_a_canary_is_counted_apart(self, aws, call, scrape):
        """Developer guide, "Set up a canary release deployment": it has its own metrics."""
        api = RestApi(aws)
        api.mock("/")
        api.deploy()
        call("GET", api.path())
        settings(api, ("/*/*/metrics/enabled", "true"))
        api.deploy(canarySettings={"percentTraffic": 100.0})
        for _ in range(2):
            call("GET", api.path())
        metrics = scrape()
        for canary, stage, method in [("false", 1, None), ("true", 2, 2)]:
            assert metrics.value("gatewright_stage_count_total", api=api.id, canary=canary) == stage
            assert metrics.value("gatewright_method_count_total", api=api.id, canary=canary) == method


class TestDetailedMetrics:
    def test_methods_are_counted_where_their_stage_asks_for_it(self, aws, call, scrape):
        api = RestApi(aws)
        api.mock("/pets/{petId}")
        api.mock("/orders")
        api.mock("/any", "ANY")
        api.deploy()
        settings(api, ("/*/*/metrics/enabled", "true"), ("/~1orders/GET/metrics/enabled", "false"))
        for method, path in [("GET", "/pets/1"), ("GET", "/pets/2"), ("GET", "/orders"), ("PUT", "/any")]:
            assert call(method, api.path(path)).status == 200
        call("GET", api.path("/unknown/1"))
        metrics = scrape()
        value = lambda resource, method: metrics.value(  # noqa: E731
            "gatewright_method_count_total", api=api.id, stage="test", resource=resource, method=method
        )
        assert value("/pets/{petId}", "GET") == 2
        assert value("/any", "PUT") == 1
        assert value("/orders", "GET") is None
        assert metrics.value("gatewright_stage_count_total", api=api.id) == 5

    def test_without_them_there_are_none(self, aws, call, scrape):
        api = RestApi(aws)
        api.mock("/")
        api.deploy()
        call("GET", api.path())
        assert metrics_of(scrape(), api) == set()

    def test_labels_are_what_is_deployed_and_never_what_clients_send(self, aws, call, scrape):
        api = RestApi(aws)
        api.mock("/{proxy+}", "ANY")
        api.deploy()
        settings(api, ("/*/*/metrics/enabled", "true"))
        for number in range(20):
            call("GET", api.path(f"/{number}?x={number}"), headers={"Host": f"host-{number}"})
            call("GET", f"/_aws/execute-api/none{number}/test/")
        metrics = scrape()
        assert metrics_of(metrics, api) == {"/{proxy+}"}
        assert not any(label.startswith("none") for label in metrics.labels("gatewright_stage_count_total", "api"))
        assert metrics.value("gatewright_requests_to_no_stage_total") >= 20


def metrics_of(metrics, api):
    """The resources that are counted."""
    counted = metrics.samples.get("gatewright_method_count_total", {})
    return {dict(key)["resource"] for key in counted if ("api", api.id) in key}


class TestProcess:
    def test_requests_under_way_and_connections(self, aws, watched, scrape, backend):
        api = RestApi(aws)
        api.http_proxy("/", backend.url)
        api.deploy()
        backend.hold()
        with wire.connect(watched.endpoint) as connection:
            connection.sendall(wire.head("GET", api.path(), [("Host", "localhost")]))
            backend.wait_for(1)
            metrics = scrape()
            backend.release()
            assert wire.read_reply(connection).status == 200
        assert metrics.value("gatewright_requests_in_flight") == 1
        assert metrics.value("gatewright_connections") >= 1
        assert metrics.value("gatewright_connections_limit") == 16384
        assert metrics.value("gatewright_panics_total") == 0
        assert metrics.value("gatewright_aws_operations_total") > 0
        assert metrics.value("process_resident_memory_bytes") > 1_000_000


class TestAddress:
    def test_it_answers_get_of_one_path_in_prometheus_format(self, watched):
        reply = wire.send(watched.admin, "GET", "/metrics")
        assert (reply.status, reply.header("content-type")) == (200, "text/plain; version=0.0.4; charset=utf-8")
        assert reply.header("access-control-allow-origin") is None
        head = wire.send(watched.admin, "HEAD", "/metrics")
        assert (head.status, head.body) == (200, b"")
        refused = wire.send(watched.admin, "POST", "/metrics")
        assert (refused.status, refused.header("allow")) == (405, "GET, HEAD")
        for target in ("/", "/metrics/", "/restapis", "/_aws/execute-api/x/y/"):
            assert wire.send(watched.admin, "GET", target).status == 404, target

    @pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:80", "[::1]:9", "10.0.0.7"])
    def test_addresses_and_localhost_may_ask(self, watched, host):
        assert wire.send(watched.admin, "GET", "/metrics", {"Host": host}).status == 200

    @pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.evil.example.com", "localhost.evil.com:9464", ""])
    def test_other_names_may_not(self, watched, host):
        """A page of that name whose address changes to ours (DNS rebinding) reads nothing."""
        reply = wire.send(watched.admin, "GET", "/metrics", {"Host": host})
        # A name that is none is no request at all.
        assert reply.status == (421 if host else 400)
        assert "gatewright_" not in reply.text

    def test_names_that_are_configured_may(self, tmp_path):
        config = tmp_path / "gatewright.toml"
        config.write_text('[admin]\nlisten = "127.0.0.1:0"\nhosts = ["Gateway.example.com"]\n')
        with Gateway("--ephemeral", "--config", config) as running:
            admin = running.wait_for_line(r"Metrics +(http://127\.0\.0\.1:\d+)/metrics")[1]
            for host, status in [("gateway.example.com:9464", 200), ("other.example.com", 421)]:
                assert wire.send(admin, "GET", "/metrics", {"Host": host}).status == status

    def test_nothing_of_it_is_where_clients_come_in(self, watched, gateway):
        for endpoint in (watched.endpoint, gateway.endpoint):
            reply = wire.send(endpoint, "GET", "/metrics")
            assert reply.status >= 400
            assert b"gatewright_" not in reply.body

    def test_an_address_that_is_taken_refuses_the_start(self, watched):
        taken = watched.admin.removeprefix("http://")
        ended = run("serve", "--ephemeral", "--listen", "127.0.0.1:0", "--admin-listen", taken)
        assert ended.returncode == 1
        assert taken in ended.stderr


def test_http_apis_are_counted(aws, call, scrape):
    """ "Working with metrics for HTTP APIs": Count, 4xx, 5xx, Latency, IntegrationLatency, DataProcessed; by route if the
    stage asks for detailed metrics."""
    backend = Backend()
    api = HttpApi(aws, stage=None)
    api.http("POST /pets", backend.url)
    api.http("GET /gone", "http://127.0.0.1:9")
    api.add_stage("prod", DefaultRouteSettings={"DetailedMetricsEnabled": True})
    backend.reply(200, (), b"12345")
    call("POST", api.path("/pets", "prod"), body=b"123")
    call("GET", api.path("/gone", "prod"))
    call("GET", api.path("/nowhere", "prod"))
    backend.close()
    metrics = scrape()
    stage = {"api": api.id, "stage": "prod", "canary": "false"}
    refusals = len('{"message":"Not Found"}') + len('{"message":"Service Unavailable"}')
    for name, expected in [
        ("count_total", 3),
        ("4xx_error_total", 1),
        ("5xx_error_total", 1),
        ("latency_seconds_count", 3),
        ("integration_latency_seconds_count", 2),
        ("data_processed_bytes_total", 8 + refusals),
    ]:
        assert metrics.value(f"gatewright_stage_{name}", **stage) == expected, name
    route = {**stage, "resource": "/pets", "method": "POST"}
    assert metrics.value("gatewright_method_count_total", **route) == 1
    assert metrics.value("gatewright_method_data_processed_bytes_total", **route) == 8
