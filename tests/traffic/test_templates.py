"""Mapping templates on the wire: what they read, what they override, and what happens when they fail. Facts of the
recordings unless a test names the developer guide."""

import json

import pytest

OK = '{"statusCode": 200}'
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def mocked(api, call):
    """Answers what a MOCK's response template makes of a request; `template` goes where `where` says."""

    def answer(response, request=OK, target="/", path="/", method="POST", body=b"", headers=(), variables=None):
        api.method(path, method)
        api.integration(path, method, type="MOCK", requestTemplates={"application/json": request})
        api.reply(path, method, responseTemplates={"application/json": response})
        api.deploy(variables=variables or {})
        return call(method, api.path(target), headers=headers or JSON, body=body)

    return answer


def test_a_template_loops_decides_and_sets(mocked):
    """Developer guide, "Mapping template and access logging variable reference": the language is VTL, whose names may
    have hyphens in them."""
    template = (
        '#set($names = ["a", "b"])\n'
        '[#foreach($name in $names)"${name}-$foreach.index"#if($foreach.hasNext), #end#end]'
    )
    assert mocked(template).text == '["a-0", "b-1"]'


def test_a_status_chosen_by_the_request_template_survives_to_the_answer(mocked):
    reply = mocked("gone", request='#set($context.responseOverride.status = 410)\n{"statusCode": 200}')
    assert (reply.status, reply.text) == (410, "gone")


def test_a_header_overridden_by_the_response_template_is_sent(mocked):
    reply = mocked('#set($context.responseOverride.header.X-Made = "here")made')
    assert (reply.status, reply.header("x-made"), reply.text) == (200, "here", "made")


def test_parameters_and_stage_variables_are_read(mocked):
    template = "$input.params('id') $input.params().querystring.get('q') $input.params().header.get('X-H') $stageVariables.color"
    reply = mocked(
        template,
        path="/{id}",
        target="/7?q=asked",
        headers={**JSON, "X-H": "sent"},
        variables={"color": "blue"},
    )
    assert reply.text == "7 asked sent blue"


def test_utilities_convert(mocked):
    template = "$util.base64Encode('a b') $util.urlEncode('a b') $util.escapeJavaScript('say \"it\"')"
    assert mocked(template).text == 'YSBi a+b say \\"it\\"'


def test_a_request_template_makes_the_body_of_an_http_integration(api, call, backend):
    backend.reply(body="{}")
    api.http("/", backend.url + "/to", method="POST", backend_method="POST")
    template = '{"name": $input.json(\'$.pet.name\'), "tags": [#foreach($t in $input.path(\'$.tags\'))"$t"#if($foreach.hasNext),#end#end]}'
    api.client.update_integration(
        **api.at("/", "POST"),
        patchOperations=[{"op": "add", "path": "/requestTemplates/application~1json", "value": template}],
    )
    api.reply("/", "POST")
    api.deploy()
    body = json.dumps({"pet": {"name": "Rex \"the\" dog"}, "tags": ["a", "b"]})
    assert call("POST", api.path("/"), headers=JSON, body=body).status == 200
    assert json.loads(backend.received[-1].body) == {"name": 'Rex "the" dog', "tags": ["a", "b"]}


def test_overrides_of_the_request_reach_the_backend(api, call, backend):
    """Developer guide, "Use a mapping template to override an API's request and response parameters and status
    codes"."""
    backend.reply(body="{}")
    api.method("/{id}", "POST", requestParameters={"method.request.path.id": True})
    template = (
        '#set($context.requestOverride.header.X-Added = "by template")\n'
        '#set($context.requestOverride.querystring.q = "over")\n'
        '#set($context.requestOverride.path.id = "other")\n'
        "{}"
    )
    api.integration(
        "/{id}",
        "POST",
        type="HTTP",
        integrationHttpMethod="POST",
        uri=backend.url + "/pets/{id}",
        requestParameters={"integration.request.path.id": "method.request.path.id"},
        requestTemplates={"application/json": template},
    )
    api.reply("/{id}", "POST")
    api.deploy()
    assert call("POST", api.path("/mine"), headers=JSON, body="{}").status == 200
    sent = backend.received[-1]
    assert sent.target == "/pets/other?q=over"
    assert sent.header("x-added") == "by template"


def test_a_template_that_fails_is_an_internal_server_error(mocked):
    reply = mocked("$input.path('$.a')", request="#set($context.responseOverride.status = 'no')\n{\"statusCode\": 200}")
    assert (reply.status, reply.json) == (500, {"message": "Internal server error"})
    assert reply.header("x-amzn-ErrorType") == "InternalServerErrorException"


def test_a_template_that_is_no_template_cannot_be_deployed(api):
    api.mock("/", body="#if($a)")
    with pytest.raises(api.client.exceptions.BadRequestException):
        api.deploy()
