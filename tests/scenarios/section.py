"""Data files at work: what the scenarios of one file share."""

import socket

from harness.backend import Backend
from harness.functions import allow_gateway, function
from harness.process import Gateway
from harness.services import Services
from scenarios.definition import Api
from scenarios.http_definition import HttpApiAtWork, Issuers


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
        self._issuers = None

    def close(self):
        self.backend.close()
        self.nobody.close()
        if self._issuers:
            self._issuers.close()

    def issuers(self):
        """Who makes the tokens of the file."""
        if self._issuers is None:
            self._issuers = Issuers()
        return self._issuers

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
            return self._made(definition)
        if definition not in self._apis:
            self._apis[definition] = self._made(self.data["apis"][definition])
        return self._apis[definition]

    def _made(self, definition):
        kind = HttpApiAtWork if definition.get("kind") == "http" else Api
        return kind(self, definition)


class ServicesSection(Section):
    """A file whose APIs call AWS services: it has a gateway that finds them at a stand-in."""

    def __init__(self, shared, data, directory):
        self.services = Services(directory / "data")
        configuration = directory / "gatewright.toml"
        named = [f'{name} = "{self.services.url}"' for name in data["services"]]
        configuration.write_text("\n".join(["[aws_endpoints]", *named]))
        self.gateway = Gateway("--data-dir", directory / "data", "--config", configuration)
        self.gateway.__enter__()
        super().__init__(type(shared)(self.gateway.endpoint, "us-west-2"), data)

    def close(self):
        super().close()
        self.services.close()
        self.gateway.stop()
