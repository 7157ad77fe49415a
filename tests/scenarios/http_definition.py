"""What the data files say of HTTP APIs, made: the APIs, and the tokens and people that their scenarios need."""

import time

from harness.definitions import invocation_uri
from harness.http_apis import HttpApi
from harness.issuers import Issuer
from harness.services import role
from harness.signing import Person, statement
from scenarios.definition import filled, text_of

ACCOUNT = "000000000000"


class Issuers:
    """The issuer of a file's tokens, and a stranger who pretends to be it."""

    def __init__(self):
        self.own = Issuer()
        self.own.publish()
        self.stranger = Issuer("stranger")

    def token(self, definition):
        """A token as a file defines it: of the issuer if it says no more."""
        now = int(time.time())
        claims = {
            name: now + value["now"] if isinstance(value, dict) and "now" in value else value
            for name, value in definition.get("claims", {}).items()
        }
        signer = self.stranger if definition.get("by") == "stranger" else self.own
        settings = {name: definition[name] for name in ("alg", "kid") if name in definition}
        token = signer.token(**{"iss": self.own.url, **claims}, **settings)
        return definition.get("cut", "{}").format(token)

    def close(self):
        self.own.close()
        self.stranger.close()


class HttpApiAtWork:
    """An HTTP API made of its definition, with stages that deploy themselves unless they say otherwise."""

    #: The header that names a request.
    id_header = "apigw-requestid"

    def __init__(self, section, definition):
        self.section = section
        self.aws = section.aws
        self.definition = definition
        self.requests = 0
        self.kept = {}
        self._ids = {}
        self._people = {}
        self._role = None
        self.api = HttpApi(self.aws, stage=None, **filled(definition.get("settings", {}), self.lookup))
        self.group = f"/scenarios/{self.api.id}"
        for name, settings in definition.get("authorizers", {}).items():
            asked = {"ApiId": self.api.id, "Name": name, **filled(settings, self.lookup)}
            self._ids[name] = self.api.client.create_authorizer(**asked)["AuthorizerId"]
        for route in definition.get("routes", []):
            self.add(filled(route, self.lookup))
        self.stages = definition.get("stages", {"$default": {}})
        for name, settings in self.stages.items():
            settings = filled(settings, self.lookup)
            if "access_log" in definition:
                self.aws.logs.create_log_group(logGroupName=self.group)
                arn = f"arn:aws:logs:{self.aws.region}:{ACCOUNT}:log-group:{self.group}"
                line = "$context.requestId " + definition["access_log"]
                settings["AccessLogSettings"] = {"DestinationArn": arn, "Format": line}
            self.api.add_stage(name, **settings)

    def add(self, route):
        """A route in one of four forms: `http` (a URL), `function`, `service` (a subtype), or `alone`."""
        settings, more = route.get("route", {}), route.get("integration", {})
        if "http" in route:
            made = {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY", "IntegrationUri": route["http"]}
        elif "function" in route:
            arn = self.section.function(route["function"])
            version = str(route.get("version", "2.0"))
            made = {"IntegrationType": "AWS_PROXY", "IntegrationUri": arn, "PayloadFormatVersion": version}
        elif "service" in route:
            made = {
                "IntegrationType": "AWS_PROXY",
                "IntegrationSubtype": route["service"],
                "PayloadFormatVersion": "1.0",
                "CredentialsArn": self.role(),
                "RequestParameters": route["parameters"],
            }
        else:
            assert route.get("alone"), route
            made = None
        if made:
            mapped = {"request": "RequestParameters", "response": "ResponseParameters"}
            made |= {member: route[name] for name, member in mapped.items() if name in route} | more
        self.api.route(route["at"], made, **settings)

    def role(self):
        """The role that the API's integrations with services assume."""
        if self._role is None:
            self._role = role(self.aws)
        return self._role

    def path(self, target, stage=None):
        """The target that reaches `target` at a stage: the one that is named, else the first."""
        return self.api.path(target, stage or next(iter(self.stages), "$default"))

    def person(self, name):
        """Somebody who may do what the file says."""
        if name not in self._people:
            may = filled(self.section.data["people"][name], self.lookup)
            self._people[name] = Person(self.aws, *(statement(*one) for one in may))
        return self._people[name]

    def lookup(self, name, argument=None):
        """What a placeholder stands for, as far as an API knows."""
        if name == "function":
            return self.section.function(argument)
        if name == "invoke":
            return invocation_uri(self.aws.region, self.section.function(argument))
        if name == "token":
            return self.section.issuers().token(self.section.data["tokens"][argument])
        if name == "key-of":
            return self.person(argument).access_key
        if name == "arn-of":
            return self.person(argument).arn
        if name == "id-of":
            return self.person(argument).id
        found = text_of(self.section, self.kept, name, argument)
        if found is not None:
            return found
        return {
            "account": lambda: ACCOUNT,
            "api": lambda: self.api.id,
            "region": lambda: self.aws.region,
            "role": self.role,
            "issuer": lambda: self.section.issuers().own.url,
            "gateway": lambda: self.aws.endpoint.removeprefix("http://"),
            "port": lambda: self.aws.endpoint.rpartition(":")[2],
            "host": lambda: self.api.host(),
        }.get(name, lambda: self._ids[name])()
