"""What was recorded from AWS, as data: every numbered fact, every row of the table of gateway responses and every limit
of a REST API has its entry in `data/`, one file a section; what the developer guide tells of other subjects; and every rule
of HTTP APIs, each with the page that it is from (files `http_…`).

An entry is a scenario or says which other test covers it. A scenario is one step, or has `steps`. A step sends a request
byte for byte (`send`) or calls an operation (`call`), and says what has to come of it, literally; `{like: …}` is a
regular expression for what is new each time. `definition.py` has what the data is made of.
"""

import ast
import base64
import json
import pathlib
import re

import pytest

from harness import cases, wire
from harness.account import refused
from harness.logs import lines
from scenarios.definition import filled, same
from scenarios.section import Section, ServicesSection

FILES = cases.files(pathlib.Path(__file__).resolve().parent / "data")
ENTRIES = [(name, entry) for name, data in FILES.items() for entry in data["scenarios"]]


def title(entry):
    """`fact 160: …`, `row THROTTLED: …`, `limit …: …`, `guide …: …` or `rule …: …`."""
    kind = next(kind for kind in ("fact", "row", "limit", "guide", "rule") if kind in entry)
    return f"{kind} {entry[kind]}: {entry['says']}"


def chosen(entries):
    return [pytest.param(name, entry, id=f"{name}-{title(entry)}") for name, entry in entries]


@pytest.fixture(scope="module")
def section(shared_aws, tmp_path_factory):
    """The file of a name, at work."""
    at_work = {}

    def find(name):
        if name not in at_work:
            data = FILES[name]
            if "services" in data:
                at_work[name] = ServicesSection(shared_aws, data, tmp_path_factory.mktemp(name))
            else:
                at_work[name] = Section(shared_aws, data)
        return at_work[name]

    yield find
    for one in at_work.values():
        one.close()


def headers_are(expected, message):
    for name, value in expected.items():
        values = message.all(name)
        wanted = [] if value is None else value if isinstance(value, list) else [value]
        assert same(wanted, values), f"{name}: {values} instead of {wanted}\n{message}"


def sent(step, api):
    """Sends the request of a step and returns the answer. A list of headers keeps order and repetition."""
    verb, target = filled(step["send"], api.lookup).split(" ", 1)
    headers = filled(step.get("headers", {}), api.lookup)
    pairs = [tuple(pair) for pair in headers] if isinstance(headers, list) else list(headers.items())
    if step.get("by") == "host":
        pairs.insert(0, ("Host", api.lookup("host")))
    elif step.get("by") != "name":
        target = api.path(target, step.get("stage"))
    if "token" in step:
        pairs.append(("Authorization", "Bearer " + api.lookup("token", step["token"])))
    body = step.get("body", b"")
    if "body_json" in step:
        body = json.dumps(filled(step["body_json"], api.lookup))
    elif body:
        body = filled(body, api.lookup)
    api.requests += 1
    if "signed" in step:
        return api.person(step["signed"]).send(verb, target, pairs, body)
    return wire.send(api.aws.endpoint, verb, target, pairs, body)


def check_sent(step, api, backend):
    reply = sent(step, api)
    backend.release()

    def lookup(name, argument=None):
        return reply.header(argument) if name == "answered" else api.lookup(name, argument)

    expected = filled({key: value for key, value in step.items() if key not in ("send", "body")}, lookup)
    assert reply.status == expected["status"], reply
    headers_are(expected.get("answer_headers", {}), reply)
    if "answer" in expected:
        assert same(expected["answer"], reply.text), reply
    if "answer_base64" in expected:
        assert reply.body == base64.b64decode(expected["answer_base64"]), reply
    if "answer_json" in expected:
        assert same(expected["answer_json"], reply.json), reply.text
    if "answer_has" in expected:
        assert same(expected["answer_has"], reply.json, exact=False), reply.text
    if expected.get("reaches") == "nothing":
        assert backend.received == []
    elif "reaches" in expected:
        wanted = expected["reaches"]
        arrived = backend.last
        if "signed_for" in wanted:
            assert backend.signed_by(arrived, wanted["signed_for"], api.aws.region) == api.role()
        for part in ("method", "target"):
            if part in wanted:
                assert same(wanted[part], getattr(arrived, part)), arrived
        if "body" in wanted:
            assert same(wanted["body"], arrived.body.decode()), arrived
        headers_are({name: value for name, value in wanted.get("headers", {}).items() if value is None}, arrived)
        for name, value in wanted.get("headers", {}).items():
            assert value is None or same(value, ", ".join(arrived.all(name))), f"{name}: {arrived}"
        if "header_names" in wanted:
            assert sorted(name.lower() for name in arrived.names) == sorted(wanted["header_names"])
    if "log" in expected:
        request = reply.header(api.id_header)
        logged = lines(api.aws, api.group, api.requests)
        own = [line.removeprefix(request + " ") for line in logged if line.startswith(request + " ")]
        assert same([expected["log"]], own), own


def check_called(step, api):
    # `elsewhere` is a region that only one scenario uses, to fill it up.
    aws = api.aws.elsewhere() if step.get("elsewhere") else api.aws
    client = aws.client(step.get("service", "apigateway"))
    for number in range(step.get("times", 1)):

        def lookup(name, argument=None, number=number):
            return number if name == "n" else api.lookup(name, argument)

        arguments = filled(step.get("with", {}), lookup)
        if step["call"].startswith("import_") or step["call"] == "put_rest_api":
            arguments["body"] = arguments["body"].encode()
        if "refused" in step:
            status, code, message = filled(step["refused"], lookup)
            with refused(status, code, re.compile(message["like"]) if isinstance(message, dict) else message):
                getattr(client, step["call"])(**arguments)
            continue
        answer = getattr(client, step["call"])(**arguments)
        if "answer_has" in step:
            assert same(filled(step["answer_has"], lookup), answer, exact=False), answer
        for name, member in step.get("keep", {}).items():
            api.kept[name] = answer[member]


@pytest.mark.parametrize(
    ("name", "entry"), chosen((name, entry) for name, entry in ENTRIES if "covered_by" not in entry)
)
def test_it_is_as_recorded(name, entry, section):
    section = section(name)
    api = section.api(entry["api"])
    # What a file's APIs call: its backend, or AWS's services in its place.
    backend = getattr(section, "services", section.backend)
    for step in entry.get("steps", [entry]):
        backend.clear()
        for scripted in filled(step.get("backend_answers", []), api.lookup):
            backend.hold() if scripted == "nothing" else backend.reply(**scripted)
        if "send" in step:
            check_sent(step, api, backend)
        else:
            check_called(step, api)


def defines(path, names):
    """Whether a test file has the test that is named, in the class that is named."""
    text = path.read_text()
    if path.suffix == ".rs":
        return re.search(rf"\bfn {names[0]}\(", text) is not None
    body = ast.parse(text).body
    for name in names:
        found = [node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name]
        if not found:
            return False
        body = found[0].body
    return True


@pytest.mark.parametrize(("name", "entry"), chosen((name, entry) for name, entry in ENTRIES if "covered_by" in entry))
def test_the_test_that_covers_it_is_there(name, entry, top):
    covering = entry["covered_by"]
    for one in [covering] if isinstance(covering, str) else covering:
        file, *names = one.split("::")
        assert names, one
        assert (top / file).is_file(), f"{file} is not there"
        assert defines(top / file, names), f"{one} is not there"


#: What a step may say: of a request, of its answer, and of a call.
MEMBERS = {
    *("send", "by", "stage", "token", "signed", "headers", "body", "body_json", "backend_answers"),
    *("status", "answer", "answer_base64", "answer_has", "answer_headers", "answer_json", "log", "reaches"),
    *("call", "elsewhere", "keep", "refused", "service", "times", "with"),
}


def test_nothing_is_said_that_is_not_checked():
    for _, entry in ENTRIES:
        own = entry.keys() - {"fact", "row", "limit", "guide", "rule", "from", "says", "api", "steps", "covered_by"}
        for step in [own, *map(set, entry.get("steps", []))]:
            assert step <= MEMBERS, (title(entry), step - MEMBERS)
        assert bool(own) + ("steps" in entry) + ("covered_by" in entry) == 1, title(entry)


def numbers(*ranges):
    return {number for first, last in ranges for number in range(first, last + 1)}


#: The facts that are recorded in full, by section. What is known only from documentation or by hearsay is not among
#: them: 145, 149, 150 and 152 of routing, 171 and 172 of AWS_PROXY, 175 and 179 of AWS, 189 and 191 of HTTP, 200 of
#: AWS services, 207 of bytes, 213 and 220 of templates, 231 of documents, 237 and 238 of CloudFormation, and both of
#: authorizers. Fact 236 is of CloudFormation alone.
RECORDED = {
    "09_canary": numbers((116, 125)),
    "12_test_invoke": numbers((137, 142)),
    "13_routing": numbers((143, 144), (146, 148), (151, 151)),
    "14_validation": numbers((153, 156)),
    "15_aws_proxy": numbers((157, 170), (173, 173)),
    "16_aws_lambda": numbers((174, 174), (176, 178), (180, 180)),
    "17_http": numbers((181, 188), (190, 190)),
    "18_aws_services": numbers((192, 199)),
    "19_binary": numbers((201, 206), (208, 209)),
    "20_templates": numbers((210, 212), (214, 219)),
    "21_import_export": numbers((221, 230), (232, 235)),
    "22_cloudformation": numbers((239, 240)),
}


#: The types of gateway responses that something causes, and what is refused before an API is known.
CAUSED = {
    "MISSING_AUTHENTICATION_TOKEN",
    "ACCESS_DENIED",
    "INVALID_API_KEY",
    "INVALID_SIGNATURE",
    "EXPIRED_TOKEN",
    "UNAUTHORIZED",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "BAD_REQUEST_PARAMETERS",
    "BAD_REQUEST_BODY",
    "REQUEST_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
    "THROTTLED",
    "QUOTA_EXCEEDED",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "API_CONFIGURATION_ERROR",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "forbidden",
}

#: API Gateway developer guide, "Amazon API Gateway quotas", as far as a REST API is concerned.
QUOTAS = {
    "payload",
    "payload of an answer",
    "headers",
    "URL",
    "method ARN",
    "integration timeout",
    "response streaming",
    "resources",
    "stages",
    "stage name",
    "stage variables",
    "authorizers",
    "cache",
    "mapping template",
    "#foreach",
    "access log",
    "execution log",
    "resource policy",
    "OpenAPI document",
    "VPC links",
    "mappings",
    "APIs",
    "routing rules",
    "domain names",
    "access associations",
    "client certificates",
    "documentation parts",
    "tags",
    "API keys",
    "usage plans",
    "minimumCompressionSize",
    "throttle of an account",
}


#: What the developer guide alone tells of, by subject.
GUIDE = {"compression", "streaming", "custom domain names", "metrics"}


#: What there is to know of HTTP APIs.
RULES = {
    "routes",
    "stages",
    "stage variables",
    "encoded paths",
    "HTTP_PROXY",
    "services",
    "payload 1.0",
    "payload 2.0",
    "answers of functions",
    "parameter mapping",
    "reserved headers",
    "CORS",
    "JWT",
    "JWT audiences",
    "JWT clock",
    "JWT scopes",
    "JWT signatures",
    "Lambda authorizers",
    "identity sources",
    "authorizers' cache",
    "AWS_IAM",
    "throttling",
    "access logs",
    "errors",
    "limits",
    "disableExecuteApiEndpoint",
    "API mappings",
}


def test_every_rule_of_http_apis_is_here_and_says_where_it_is_from():
    entries = [entry for _, entry in ENTRIES if "rule" in entry]
    assert {entry["rule"] for entry in entries} == RULES
    assert all(entry["from"] for entry in entries)


def test_every_gateway_response_every_quota_and_every_subject_is_here():
    assert {entry["row"] for entry in FILES["gateway_responses"]["scenarios"]} >= CAUSED
    assert {entry["limit"] for entry in FILES["limits"]["scenarios"]} >= QUOTAS
    assert {entry["guide"] for entry in FILES["guide"]["scenarios"]} >= GUIDE


@pytest.mark.parametrize("name", RECORDED)
def test_every_recorded_fact_is_here(name):
    assert {entry["fact"] for entry in FILES[name]["scenarios"]} >= RECORDED[name]
