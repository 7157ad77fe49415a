"""What the data files are made of: functions, APIs and placeholders.

A text may hold placeholders. `<<name>>` and `<<name:argument>>` stand for what is known only when a scenario runs
(`<<api>>`, `<<region>>`, `<<backend>>`, `<<resource:/pets>>`, `<<function:echo>>`, …), `<<x*512>>` for 512 times `x`,
and `<<each:99,/p#>>` for 99 texts with a number in place of `#`, one a line (with commas in between if it is an object).
"""

import json
import re
import socket

from harness.account import patch
from harness.backend import Backend
from harness.certificates import issued
from harness.definitions import OK, RestApi, invocation_uri
from harness.functions import allow_gateway, function

PLACEHOLDER = re.compile(r"<<(?:([^*<>:]+)(?::([^<>]*))?|([^<>]*)\*(\d+))>>")


def filled(value, lookup):
    """`value` with the placeholders of all its texts replaced; `lookup(name, argument)` knows them."""
    if isinstance(value, dict):
        return {filled(key, lookup): filled(member, lookup) for key, member in value.items()}
    if isinstance(value, list):
        return [filled(member, lookup) for member in value]
    if not isinstance(value, str):
        return value
    return PLACEHOLDER.sub(
        lambda found: found[3] * int(found[4]) if found[4] else str(lookup(found[1], found[2])), value
    )


def same(expected, got, exact=True):
    """Whether `got` is what is expected; in `exact` objects with no members but those."""
    if isinstance(expected, dict) and list(expected) == ["like"]:
        return isinstance(got, str) and re.fullmatch(expected["like"], got, re.DOTALL) is not None
    if expected == {"any": "number"}:
        return type(got) in (int, float)
    if isinstance(expected, dict):
        names = expected.keys() | got.keys() if exact and isinstance(got, dict) else expected.keys()
        return isinstance(got, dict) and all(
            name in expected and name in got and same(expected[name], got[name], exact) for name in names
        )
    if isinstance(expected, list):
        return (
            isinstance(got, list)
            and len(got) == len(expected)
            and all(same(one, other, exact) for one, other in zip(expected, got, strict=True))
        )
    return type(expected) is type(got) and expected == got


class Section:
    """One data file at work: what its scenarios share is made when the first of them asks for it."""

    def __init__(self, aws, data):
        self.aws = aws
        self.data = data
        self.backend = Backend()
        # A port that is taken, and where nobody listens.
        self.nobody = socket.socket()
        self.nobody.bind(("127.0.0.1", 0))
        self._functions = {}
        self._apis = {}

    def close(self):
        self.backend.close()
        self.nobody.close()

    def function(self, name):
        """The ARN of a function of the file, which API Gateway may invoke."""
        if name not in self._functions:
            made = self.data["functions"][name]
            settings = made if isinstance(made, dict) else {"source": made}
            arn = function(self.aws, **settings)
            allow_gateway(self.aws, arn)
            self._functions[name] = arn
        return self._functions[name]

    def api(self, definition):
        """The API that a scenario names, or one of its own if it says what it is made of."""
        if isinstance(definition, dict):
            return Api(self, definition)
        if definition not in self._apis:
            self._apis[definition] = Api(self, self.data["apis"][definition])
        return self._apis[definition]


class Api:
    """A REST API made of its definition and deployed to the stage `test`, if it has methods."""

    def __init__(self, section, definition):
        self.section = section
        self.aws = section.aws
        self.definition = definition
        self.requests = 0
        self.deployment = None
        #: What steps have kept of answers.
        self.kept = {}
        self._ids = {}
        self.rest = RestApi(self.aws, **filled(definition.get("settings", {}), self.lookup))
        self.group = f"/scenarios/{self.rest.id}"
        for name, schema in definition.get("models", {}).items():
            text = schema if isinstance(schema, str) else json.dumps(schema)
            self.put("create_model", name=name, contentType="application/json", schema=text)
        for name, checks in definition.get("validators", {}).items():
            asked = {"validateRequestBody": "body" in checks, "validateRequestParameters": "parameters" in checks}
            self._ids[name] = self.put("create_request_validator", name=name, **asked)["id"]
        for name, settings in definition.get("authorizers", {}).items():
            self._ids[name] = self.put("create_authorizer", name=name, **settings)["id"]
        for kind, settings in definition.get("gateway_responses", {}).items():
            self.put("put_gateway_response", responseType=kind, **settings)
        for method in definition.get("methods", []):
            self.add(filled(method, self.lookup))
        if definition.get("methods"):
            self.deploy()

    def put(self, call, **arguments):
        return getattr(self.rest.client, call)(restApiId=self.rest.id, **filled(arguments, self.lookup))

    def lookup(self, name, argument=None):
        """What a placeholder stands for, as far as an API knows."""
        if name == "function":
            return self.section.function(argument)
        if name == "invoke":
            return invocation_uri(self.aws.region, self.section.function(argument))
        if name == "function-name":
            return self.section.function(argument).rpartition(":")[2]
        if name == "resource":
            return self.rest.resource(argument)
        if name == "each":
            count, text = argument.split(",", 1)
            between = ",\n" if text.startswith("{") else "\n"
            return between.join(text.replace("#", f"{number:05}") for number in range(int(count)))
        if name == "kept":
            return self.kept[argument]
        if name == "found":
            listed = self.rest.client.get_resources(restApiId=self.rest.id)["items"]
            return next(item["id"] for item in listed if item["path"] == argument)
        if name == "certificate":
            return issued(self.aws, argument)
        return {
            "account": lambda: "000000000000",
            "api": lambda: self.rest.id,
            "root": lambda: self.rest.root,
            "region": lambda: self.aws.region,
            "deployment": lambda: self.deployment,
            "nobody": lambda: "{}:{}".format(*self.section.nobody.getsockname()),
            "backend": lambda: self.section.backend.url,
            "backend-host": lambda: self.section.backend.url.removeprefix("http://"),
            "host": lambda: f"{self.rest.id}.execute-api.{self.aws.region}.amazonaws.com",
        }.get(name, lambda: self._ids[name])()

    def add(self, method):
        """A method in one of three forms: `function` (AWS_PROXY), `mock`, or `integration` and `replies`."""
        verb, path = method["at"].split(" ")
        settings = dict(method.get("method", {}))
        if "validator" in method:
            settings["requestValidatorId"] = self._ids[method["validator"]]
        if "authorizer" in method:
            settings |= {"authorizationType": "CUSTOM", "authorizerId": self._ids[method["authorizer"]]}
        integration = dict(method.get("integration", {}))
        replies = method.get("replies", [])
        if "function" in method:
            uri = invocation_uri(self.aws.region, self.section.function(method["function"]))
            integration = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri, **integration}
        if "mock" in method:
            mock = method["mock"] if isinstance(method["mock"], dict) else {"response": method["mock"]}
            integration = {"type": "MOCK", "requestTemplates": {"application/json": mock.get("request", OK)}} | integration
            templates = {"responseTemplates": {"application/json": mock["response"]}} if "response" in mock else {}
            replies = replies or [templates]
        # A method declares what its integration reads.
        sources = integration.get("requestParameters", {}).values()
        read = {source: False for source in sources if re.match(r"method\.request\.(path|header|querystring|multi)", source)}
        settings["requestParameters"] = read | settings.get("requestParameters", {})
        self.rest.method(path, verb, **settings)
        self.rest.integration(path, verb, **integration)
        for reply in replies:
            self.rest.reply(path, verb, **reply)

    def deploy(self):
        stage = filled(self.definition.get("stage", {}), self.lookup)
        operations = [patch(*operation) for operation in stage.pop("patches", [])]
        self.deployment = self.rest.deploy(**stage)
        if "access_log" in self.definition:
            arn = f"arn:aws:logs:{self.aws.region}:000000000000:log-group:{self.group}"
            log_format = "$context.requestId " + self.definition["access_log"]
            operations.append(patch("replace", "/accessLogSettings/destinationArn", arn))
            operations.append(patch("replace", "/accessLogSettings/format", log_format))
        if operations:
            self.put("update_stage", stageName="test", patchOperations=operations)
