"""What the data files are made of: functions, APIs and placeholders.

A text may hold placeholders. `<<name>>` and `<<name:argument>>` stand for what is known only when a scenario runs
(`<<api>>`, `<<region>>`, `<<backend>>`, `<<resource:/pets>>`, `<<function:echo>>`, …), `<<x*512>>` for 512 times `x`,
and `<<each:99,/p#>>` for 99 texts with a number in place of `#`, one a line (with commas in between if it is an object).
"""

import json
import re

from harness.account import patch
from harness.certificates import issued
from harness.definitions import OK, RestApi, invocation_uri

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
    if isinstance(expected, dict) and list(expected) == ["digits"]:
        return type(got) is int and len(str(got)) == expected["digits"]
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


def text_of(section, kept, name, argument):
    """What placeholders stand for that mean the same in APIs of all kinds; None if this is none of them."""
    if name == "each":
        count, text = argument.split(",", 1)
        between = ",\n" if text.startswith("{") else "\n"
        return between.join(text.replace("#", f"{number:05}") for number in range(int(count)))
    if name == "kept":
        return kept[argument]
    if name == "certificate":
        return issued(section.aws, argument)
    if name == "nobody":
        return "{}:{}".format(*section.nobody.getsockname())
    if name == "backend":
        return section.backend.url
    if name == "backend-host":
        return section.backend.url.removeprefix("http://")
    return None


class Api:
    """A REST API made of its definition and deployed to the stage `test`, if it has methods."""

    #: The header that names a request.
    id_header = "x-amzn-RequestId"

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
        if name == "found":
            listed = self.rest.client.get_resources(restApiId=self.rest.id)["items"]
            return next(item["id"] for item in listed if item["path"] == argument)
        found = text_of(self.section, self.kept, name, argument)
        if found is not None:
            return found
        return {
            "account": lambda: "000000000000",
            "api": lambda: self.rest.id,
            "root": lambda: self.rest.root,
            "region": lambda: self.aws.region,
            "deployment": lambda: self.deployment,
            "host": lambda: f"{self.rest.id}.execute-api.{self.aws.region}.amazonaws.com",
        }.get(name, lambda: self._ids[name])()

    def path(self, target, stage=None):
        """The target that reaches `target` at a stage."""
        return self.rest.path(target, stage or "test")

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
