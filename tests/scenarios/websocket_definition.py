"""What the data files of WebSocket APIs are made of: functions, people and APIs, with the placeholders of
`definition.py`; `<<arn>>` is the part of ARNs that names the stage, `<<kept:x>>` what a step has kept.
"""

import json

from harness.definitions import invocation_uri
from harness.functions import allow_gateway, function
from harness.signing import Person
from harness.websocket import WebSocketApi
from scenarios.definition import filled
from scenarios.section import Section


class WebSocketSection(Section):
    """One data file at work."""

    def api(self, definition):
        if isinstance(definition, dict):
            return Api(self, definition)
        if definition not in self._apis:
            self._apis[definition] = Api(self, self.data["apis"][definition])
        return self._apis[definition]

    def function(self, name):
        """The ARN of a function of the file; it finds the backend in its environment."""
        if name not in self._functions:
            made = self.data["functions"][name]
            settings = dict(made) if isinstance(made, dict) else {"source": made}
            trusting = settings.pop("trusting", True)
            environment = {"Variables": {"BACKEND": self.backend.url}}
            arn = function(self.aws, **settings, Environment=environment)
            if trusting:
                allow_gateway(self.aws, arn)
            self._functions[name] = arn
        return self._functions[name]


class Api:
    """A WebSocket API made of its definition and deployed to the stage `test`."""

    def __init__(self, section, definition):
        self.section = section
        self.aws = section.aws
        self.definition = definition
        self.kept = {}
        self._people = {}
        self._ids = {}
        self.group = None
        settings = filled(definition.get("settings", {}), self.lookup)
        self.own = WebSocketApi(self.aws, definition.get("selection", "$request.body.action"), **settings)
        for name, schema in definition.get("models", {}).items():
            self.put("create_model", Name=name, ContentType="application/json", Schema=json.dumps(schema))
        for name, made in definition.get("authorizers", {}).items():
            self._ids[name] = self.put("create_authorizer", Name=name, **made)["AuthorizerId"]
        for name, made in definition.get("integrations", {}).items():
            self._ids[name] = self._integration(made)
        for made in definition["routes"]:
            self._route(dict(made))
        self.own.deploy(**filled(definition.get("stage", {}), self.lookup))
        for plan in definition.get("plans", []):
            self._plan(plan)

    def put(self, call, **arguments):
        return getattr(self.own.client, call)(ApiId=self.own.id, **filled(arguments, self.lookup))

    def lookup(self, name, argument=None):
        if name == "function":
            return self.section.function(argument)
        if name == "invoke":
            return invocation_uri(self.aws.region, self.section.function(argument))
        if name == "function-name":
            return self.section.function(argument).rpartition(":")[2]
        if name == "kept":
            return self.kept[argument]
        if name == "person":
            return self.person(argument).arn
        if name == "key":
            return self.kept[f"key {argument}"]
        return {
            "account": lambda: "000000000000",
            "api": lambda: self.own.id,
            "region": lambda: self.aws.region,
            "arn": lambda: f"arn:aws:execute-api:{self.aws.region}:000000000000:{self.own.id}/{self.own.stage}",
            "shown-arn": lambda: f"arn:aws:execute-api:{self.aws.region}:********0000:{self.own.id}/{self.own.stage}",
            "host": lambda: self.own.host,
            "endpoint-host": lambda: self.aws.endpoint.removeprefix("http://"),
            "path": lambda: self.own.path,
            "backend": lambda: self.section.backend.url,
            "nobody": lambda: "{}:{}".format(*self.section.nobody.getsockname()),
        }.get(name, lambda: self._ids[name])()

    def person(self, name):
        """Somebody who may do what the file says."""
        if name not in self._people:
            statements = filled(self.section.data["people"][name], self.lookup)
            self._people[name] = Person(self.aws, *statements)
        return self._people[name]

    def _integration(self, made):
        """An integration's target; `responses` are its integration responses."""
        made = filled(made, self.lookup)
        responses = made.pop("responses", [])
        target = self.own.integration(**made)
        for response in responses:
            self.own.response(target, response.pop("key", "$default"), **response)
        return target

    def _route(self, made):
        """A route in one of four forms: `answers` (a MOCK that answers this), `function`, `to`, or no integration."""
        key = made.pop("key")
        if "answers" in made:
            answer = made.pop("answers")
            answer = answer if isinstance(answer, str) else json.dumps(answer)
            target, two_way = self.own.mock(filled(answer, self.lookup)), True
        elif "function" in made:
            target, two_way = self.own.function(self.section.function(made.pop("function"))), True
        elif "to" in made:
            target, two_way = self._ids[made.pop("to")], True
        else:
            target, two_way = None, False
        two_way = made.pop("two_way", two_way)
        if "authorizer" in made:
            made |= {"AuthorizationType": "CUSTOM", "AuthorizerId": self._ids[made.pop("authorizer")]}
        self.own.route(key, target, two_way, **filled(made, self.lookup))

    def _plan(self, plan):
        """A usage plan of the stage with one API key, whose value is `<<key:name>>`."""
        gateway = self.aws.apigateway
        name, limits = plan["key"], {key: value for key, value in plan.items() if key != "key"}
        key = gateway.create_api_key(name=name, enabled=True)
        made = gateway.create_usage_plan(name=name, apiStages=[{"apiId": self.own.id, "stage": self.own.stage}], **limits)
        gateway.create_usage_plan_key(usagePlanId=made["id"], keyId=key["id"], keyType="API_KEY")
        self.kept[f"key {name}"] = key["value"]
        self.kept[f"key-id {name}"] = key["id"]
