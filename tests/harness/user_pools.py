"""Cognito user pools of a test's own: keys that are made here and tokens that they sign. The configuration of a gateway
says where a pool's keys are."""

import base64
import json
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from .certificates import rsa_key

#: Where the pools are.
REGION = "us-west-2"
ARN = "arn:aws:cognito-idp:us-west-2:000000000000:userpool/us-west-2_{}"
ISSUER = "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_{}"


def encoded(data):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(key, text):
    """A token of this head and these claims."""
    signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{encoded(signature)}"


class Pool:
    """Signs tokens. `name` ends its id."""

    def __init__(self, name):
        self.name = name
        self.arn = ARN.format(name)
        self.key = rsa_key()

    def jwk(self, kid):
        numbers = self.key.public_key().public_numbers()
        n, e = (encoded(number.to_bytes((number.bit_length() + 7) // 8, "big")) for number in (numbers.n, numbers.e))
        return {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, "n": n, "e": e}

    def jwks(self, *kids):
        return json.dumps({"keys": [self.jwk(kid) for kid in kids or ("k1",)]})

    def token(self, kid="k1", alg="RS256", **claims):
        now = int(time.time())
        claims = {"iss": ISSUER.format(self.name), "token_use": "id", "sub": "s1", "exp": now + 600, "iat": now, **claims}
        return signed(self.key, f"{encoded({'alg': alg, 'kid': kid, 'typ': 'JWT'})}.{encoded(claims)}")
