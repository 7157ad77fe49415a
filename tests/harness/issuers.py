"""Issuers of tokens of a test's own: OpenID providers whose keys are made here."""

import json
import time

from .backend import Backend
from .user_pools import Pool, encoded, signed


class Issuer(Pool):
    """An OpenID provider: its discovery document and its keys are answered when they have been published."""

    def __init__(self, name="issuer"):
        super().__init__(name)
        self.server = Backend()
        self.url = self.server.url

    def publish(self, *kids, issuer=None, keys=None):
        """Scripts the next two answers."""
        discovered = {"issuer": issuer or self.url, "jwks_uri": f"{self.url}/keys"}
        self.server.reply(headers={"Content-Type": "application/json"}, body=json.dumps(discovered))
        self.server.reply(headers={"Content-Type": "application/json"}, body=keys or self.jwks(*kids))

    def token(self, kid="k1", alg="RS256", **claims):
        """A token for the audience `app`. A claim that is None is left out."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": "app", "sub": "s1", "exp": now + 600, "iat": now, **claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        return signed(self.key, f"{encoded({'alg': alg, 'kid': kid, 'typ': 'JWT'})}.{encoded(claims)}")

    def close(self):
        self.server.close()
