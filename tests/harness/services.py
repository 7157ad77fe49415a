"""A stand-in for AWS services: it believes only what is signed with credentials that were issued, and answers as
the service does that a test puts in its place."""

import contextlib
import json
import re
import sqlite3
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from .backend import Backend
from .functions import unique

#: A role that API Gateway may assume.
TRUST_GATEWAY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def role(aws, trust=TRUST_GATEWAY, name=None):
    """A role for integrations; its ARN."""
    name = name or unique("integration", aws)
    return aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]


class Services(Backend):
    """Records what arrives; `signed_by` tells by whom, and fails if the signature does not hold."""

    def __init__(self, data_dir):
        super().__init__()
        self._data_dir = data_dir

    def issued(self, access_key):
        """The session of a key as it was issued: only who issued it and its holder know the secret."""
        with contextlib.closing(sqlite3.connect(f"file:{self._data_dir}/gatewright.db?mode=ro", uri=True)) as database:
            for (text,) in database.execute("SELECT body FROM documents WHERE body LIKE ?", (f"%{access_key}%",)):
                document = json.loads(text)
                if document.get("access_key_id") == access_key:
                    return document
        raise AssertionError(f"{access_key} was never issued")

    def signed_by(self, received, service, region):
        """The ARN of the role that signed. botocore signs the same request again, and both have to agree."""
        authorization = received.header("Authorization")
        match = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=(ASIA\w+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
            r"SignedHeaders=([^,]+), Signature=[0-9a-f]{64}",
            authorization,
        )
        assert match, authorization
        key, _, signed_region, signed_service, names = match.groups()
        assert (signed_region, signed_service) == (region, service)
        session = self.issued(key)
        assert received.header("X-Amz-Security-Token") == session["session_token"]
        covered = {name: received.header(name) for name in names.split(";") if name != "x-amz-security-token"}
        assert {"host", "x-amz-date"} <= set(covered)
        path, _, query = received.target.partition("?")
        request = botocore.awsrequest.AWSRequest(
            received.method, f"http://{covered['host']}{path}", covered, received.body
        )
        request.params = urllib.parse.parse_qsl(query, keep_blank_values=True)
        keys = botocore.credentials.Credentials(key, session["secret_access_key"], session["session_token"])
        signer = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
        self._sign_again(signer(keys, service, region), request, received.header("X-Amz-Date"))
        assert request.headers["Authorization"] == authorization
        return session["role_arn"]

    @staticmethod
    def _sign_again(signer, request, date):
        """botocore signs for this moment; the moment of the request is that of its header."""
        request.context["timestamp"] = date
        request.headers["X-Amz-Security-Token"] = signer.credentials.token
        canonical = signer.canonical_request(request)
        signature = signer.signature(signer.string_to_sign(request, canonical), request)
        request.headers["Authorization"] = ", ".join(
            [
                f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}",
                f"SignedHeaders={signer.signed_headers(signer.headers_to_sign(request))}",
                f"Signature={signature}",
            ]
        )
