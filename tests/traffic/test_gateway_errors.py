"""What the gateway itself answers when a request goes no further. Recorded from AWS unless said otherwise."""

import time

import pytest

from harness.account import bad_request
from harness.functions import allow_gateway, function


def failed(reply, status, message, kind="InternalServerErrorException"):
    """The reply is the gateway's own error and looks like one."""
    assert (reply.status, reply.json) == (status, {"message": message}), reply
    assert reply.header("x-amzn-ErrorType") == kind
    assert reply.header("Content-Type") == "application/json"
    assert reply.header("x-amzn-RequestId")
    assert reply.header("x-amz-apigw-id")
    assert reply.header("X-Amzn-Trace-Id") is None
    return True


class TestBackends:
    def test_a_slow_backend_times_out(self, api, backend, call):
        api.http_proxy("/", backend.url, timeoutInMillis=50)
        api.deploy()
        backend.hold()
        started = time.monotonic()
        reply = call("GET", api.path("/"))
        took = time.monotonic() - started
        assert failed(reply, 504, "Endpoint request timed out")
        assert 0.05 <= took < 5
        backend.release()
        assert call("GET", api.path("/")).json == {"from": "backend"}

    def test_a_dead_backend(self, api, backend, call):
        api.http_proxy("/", backend.url)
        api.deploy()
        backend.close()
        assert failed(call("GET", api.path("/")), 504, "Network error communicating with endpoint")

    @pytest.mark.parametrize(
        "data",
        [b"", b"HTTP/1.1 ", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"],
    )
    def test_a_broken_backend(self, api, backend, call, data):
        api.http_proxy("/", backend.url)
        api.deploy()
        backend.reply_bytes(data or b"\r\n")
        reply = call("GET", api.path("/"))
        assert reply.status in (502, 504), reply
        assert reply.header("x-amzn-ErrorType") == "InternalServerErrorException"
        assert call("GET", api.path("/")).json == {"from": "backend"}

    def test_a_name_that_does_not_resolve(self, api, call):
        api.http_proxy("/", "http://no-such-host.invalid/")
        api.deploy()
        reply = call("GET", api.path("/"))
        assert reply.status in (500, 504), reply
        assert reply.header("x-amzn-ErrorType") == "InternalServerErrorException"

    def test_a_missing_stage_variable_in_the_uri(self, api, call):
        api.http_proxy("/", "http://${stageVariables.host}/x")
        api.deploy()
        assert failed(call("GET", api.path("/")), 500, "Internal server error")


class TestFunctions:
    SOURCE = "def handler(event, context):\n    return {'statusCode': 200, 'body': 'ran'}\n"

    def test_without_permission_nothing_runs(self, aws, api, call):
        arn = function(aws, self.SOURCE)
        api.function_proxy("/", arn, "GET")
        api.deploy()
        assert failed(call("GET", api.path("/")), 500, "Internal server error")
        allow_gateway(aws, arn, api.source_arn("test/GET/other"))
        assert failed(call("GET", api.path("/")), 500, "Internal server error")
        allow_gateway(aws, arn, api.source_arn("test/GET/"), statement="this-one")
        assert call("GET", api.path("/")).text == "ran"
        aws.functions.remove_permission(FunctionName=arn, StatementId="this-one")
        assert failed(call("GET", api.path("/")), 500, "Internal server error")

    def test_a_function_that_is_not_there(self, aws, api, call):
        api.function_proxy("/", f"arn:aws:lambda:{aws.region}:000000000000:function:nobody")
        api.deploy()
        assert failed(call("GET", api.path("/")), 500, "Internal server error")

    def test_an_integration_method_other_than_post(self, aws, api, call):
        arn = function(aws, self.SOURCE)
        allow_gateway(aws, arn)
        api.function_proxy("/", arn, integrationHttpMethod="GET")
        api.deploy()
        assert failed(call("GET", api.path("/")), 500, "Internal server error")

    def test_a_slow_function_times_out(self, aws, api, call):
        arn = function(aws, "import time\ndef handler(event, context):\n    time.sleep(2)\n", Timeout=10)
        allow_gateway(aws, arn)
        api.function_proxy("/", arn, timeoutInMillis=300)
        api.deploy()
        assert failed(call("GET", api.path("/")), 504, "Endpoint request timed out")


class TestNotBuiltYet:
    """What asks for a check that is not built is refused: no request gets through unchecked."""

    def refuses(self, api, call, backend):
        api.deploy()
        reply = call("GET", api.path("/"))
        assert reply.status in (403, 500), reply
        assert reply.header("x-amzn-ErrorType")
        assert list(reply.json) == ["message"]
        assert backend.received == []

    def guarded(self, api, backend, **settings):
        api.method("/", **settings)
        api.integration("/", type="HTTP_PROXY", integrationHttpMethod="GET", uri=backend.url)

    def test_an_api_key(self, api, call, backend):
        self.guarded(api, backend, apiKeyRequired=True)
        self.refuses(api, call, backend)

    def test_a_vpc_link(self, api, call, backend):
        api.method("/")
        api.integration(
            "/",
            type="HTTP_PROXY",
            integrationHttpMethod="GET",
            uri=backend.url,
            connectionType="VPC_LINK",
            connectionId="vpcl-1",
        )
        self.refuses(api, call, backend)

    def test_other_methods_of_the_api_are_served(self, api, call, backend):
        self.guarded(api, backend, apiKeyRequired=True)
        api.mock("/open", body="free")
        api.deploy()
        assert call("GET", api.path("/open")).text == "free"

    def test_a_switch_takes_effect_when_deployed(self, api, call, backend):
        self.guarded(api, backend)
        api.deploy()
        assert call("GET", api.path("/")).status == 200
        operation = {"op": "replace", "path": "/apiKeyRequired", "value": "true"}
        api.client.update_method(**api.at("/"), patchOperations=[operation])
        backend.clear()
        self.refuses(api, call, backend)

    @pytest.mark.parametrize("template", ["#if(true)x", "#foreach($i in [1,2])$i", "#set($a = )"])
    def test_a_template_that_cannot_be_compiled_is_refused_at_deployment(self, api, call, template):
        api.mock("/", body="one")
        api.deploy()
        api.answer("/", template)
        with pytest.raises(api.client.exceptions.BadRequestException) as caught:
            api.deploy()
        assert "GET" in caught.value.response["Error"]["Message"]
        assert len(api.client.get_deployments(restApiId=api.id)["items"]) == 1
        assert call("GET", api.path("/")).text == "one"

    def test_the_refused_deployment_names_its_fault(self, api):
        with bad_request("No integration defined for method"):
            api.method("/")
            api.deploy()


class TestSizes:
    LIMIT = 10 * 1024 * 1024

    def test_bodies_up_to_ten_megabytes_pass(self, api, backend, call):
        # API Gateway developer guide, page "quotas": payload size 10 MB.
        api.http_proxy("/", backend.url, "POST")
        api.deploy()
        assert call("POST", api.path("/"), body=b"a" * self.LIMIT).status == 200
        assert len(backend.last.body) == self.LIMIT
        backend.clear()
        reply = call("POST", api.path("/"), body=b"a" * (self.LIMIT + 1))
        assert reply.status == 413
        assert list(reply.json) == ["message"]
        assert reply.header("x-amzn-ErrorType") == "RequestTooLargeException"
        assert backend.received == []
        assert call("POST", api.path("/"), body=b"a").status == 200
