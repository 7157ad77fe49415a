"""AWS to Lambda: the function gets the body, the responses select by its error. Recorded from AWS."""

import pytest

from harness.definitions import RestApi, invocation_uri
from harness.functions import allow_gateway, function

# {"fail": text} raises, anything else comes back.
SOURCE = """
def handler(event, context):
    if "fail" in event:
        raise ValueError(event["fail"])
    return {"got": event}
"""
JSON = {"Content-Type": "application/json"}


def integrate(api, arn, path="/", **settings):
    api.method(path, "POST")
    api.integration(
        path,
        "POST",
        **{
            "type": "AWS",
            "integrationHttpMethod": "POST",
            "uri": invocation_uri(api.aws.region, arn),
            **settings,
        },
    )


@pytest.fixture(scope="module")
def arn(shared_aws):
    made = function(shared_aws, SOURCE)
    allow_gateway(shared_aws, made)
    return made


@pytest.fixture(scope="module")
def selecting(shared_aws, arn):
    """Responses for errors, a default for all else."""
    api = RestApi(shared_aws)
    integrate(api, arn)
    api.reply("/", "POST", "200")
    api.reply("/", "POST", "400", selectionPattern=".*four hundred.*")
    api.reply("/", "POST", "404", selectionPattern="missing", headers={"X-Kind": "'missing'"})
    api.deploy()
    return api


def test_a_result_takes_the_default(selecting, call):
    reply = call("POST", selecting.path("/"), JSON, b'{"a": [1, "four hundred"]}')
    assert (reply.status, reply.json) == (200, {"got": {"a": [1, "four hundred"]}})
    assert reply.header("Content-Type") == "application/json"


@pytest.mark.parametrize(
    ("message", "status", "kind"),
    [
        ("four hundred", 400, None),
        ("say four hundred twice", 400, None),
        ("missing", 404, "missing"),
        ("missing a part", 200, None),
        ("anything", 200, None),
    ],
)
def test_an_error_is_selected_by_its_whole_message(selecting, call, message, status, kind):
    reply = call("POST", selecting.path("/"), JSON, f'{{"fail": "{message}"}}'.encode())
    assert (reply.status, reply.header("X-Kind")) == (status, kind)
    assert reply.json.keys() >= {"errorMessage", "errorType", "stackTrace"}
    assert (reply.json["errorMessage"], reply.json["errorType"]) == (message, "ValueError")


def test_without_a_default_an_unmatched_result_is_an_error(shared_aws, arn, call):
    api = RestApi(shared_aws)
    integrate(api, arn)
    api.reply("/", "POST", "400", selectionPattern=".*four hundred.*")
    api.deploy()
    reply = call("POST", api.path("/"), JSON, b'{"a": 1}')
    assert (reply.status, reply.json) == (500, {"message": "Internal server error"})
    assert call("POST", api.path("/"), JSON, b'{"fail": "four hundred"}').status == 400


def test_without_any_response_it_is_an_error(shared_aws, arn, call):
    api = RestApi(shared_aws)
    integrate(api, arn)
    api.deploy()
    reply = call("POST", api.path("/"), JSON, b'{"a": 1}')
    assert (reply.status, reply.json) == (500, {"message": "Internal server error"})


def test_a_stage_variable_names_the_function(shared_aws, arn, call):
    api = RestApi(shared_aws)
    variable = arn.rpartition(":")[0] + ":${stageVariables.lambdaFunction}"
    integrate(api, variable)
    api.reply("/", "POST", "200")
    api.deploy(variables={"lambdaFunction": arn.rpartition(":")[2]})
    assert call("POST", api.path("/"), JSON, b'{"a": 1}').json == {"got": {"a": 1}}


def test_an_event_is_answered_at_once_with_nothing(aws, backend, call):
    source = f"""
import urllib.request

def handler(event, context):
    urllib.request.urlopen("{backend.url}/ran").read()
"""
    arn = function(aws, source)
    allow_gateway(aws, arn)
    api = RestApi(aws)
    integrate(api, arn, requestParameters={"integration.request.header.X-Amz-Invocation-Type": "'Event'"})
    api.reply("/", "POST", "200")
    api.deploy()
    reply = call("POST", api.path("/"), JSON, b"{}")
    assert (reply.status, reply.body) == (200, b"")
    assert backend.wait_for(1)[0].target == "/ran"


def test_a_mapped_header_in_the_answer(shared_aws, arn, call):
    api = RestApi(shared_aws)
    integrate(api, arn)
    api.reply("/", "POST", "200", headers={"X-Static": "'yes'"})
    api.deploy()
    reply = call("POST", api.path("/"), JSON, b'{"a": "deep"}')
    assert reply.header("X-Static") == "yes"


def test_parameters_are_looked_for_in_path_query_and_headers(shared_aws, arn, call):
    """178."""
    api = RestApi(shared_aws)
    template = {"application/json": '{"found": "$input.params("param1")"}'}
    for path in ("/in/{param1}", "/out"):
        integrate(api, arn, path, requestTemplates=template)
        api.reply(path, "POST", "200")
    api.deploy()

    def found(path, headers):
        return call("POST", api.path(path), {**JSON, **headers}, b"{}").json["got"]["found"]

    assert found("/in/p?param1=q", {"param1": "h"}) == "p"
    assert found("/out?param1=q", {"param1": "h"}) == "q"
    assert found("/out", {"param1": "h"}) == "h"
    assert found("/out", {}) == ""


def test_headers_are_mapped_from_the_result(shared_aws, arn, call):
    """179."""
    api = RestApi(shared_aws)
    integrate(api, arn)
    headers = {
        "X-Body": "integration.response.body",
        "X-Part": "integration.response.body.$.got.a",
        "X-Version": "integration.response.header.X-Amz-Executed-Version",
        "X-Static": "'static'",
    }
    api.reply("/", "POST", "200", headers=headers)
    api.deploy()
    reply = call("POST", api.path("/"), JSON, b'{"a":"deep"}')
    assert {name: reply.header(name) for name in headers} == {
        "X-Body": '{"got": {"a": "deep"}}',
        "X-Part": "deep",
        "X-Version": "$LATEST",
        "X-Static": "static",
    }


def test_a_template_overrides_the_status(shared_aws, arn, call):
    """180."""
    api = RestApi(shared_aws)
    integrate(api, arn)
    template = "#if($input.path('$.got.bad'))#set($context.responseOverride.status = 400)#end$input.json('$.got')"
    api.reply("/", "POST", "200", responseTemplates={"application/json": template})
    api.deploy()
    assert call("POST", api.path("/"), JSON, b'{"ok": 1}').status == 200
    reply = call("POST", api.path("/"), JSON, b'{"bad": 1}')
    assert (reply.status, reply.json) == (400, {"bad": 1})
