"""Writes src/vectors.rs: requests of many shapes, signed by botocore.

Run from the crate's folder with botocore 1.43.11 installed, then format:
    python3 vectors/generate.py && cargo fmt -p gatewright-sigv4
"""

import datetime
import json
from urllib.parse import urlsplit

import botocore
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

assert botocore.__version__ == "1.43.11", botocore.__version__

NOW = datetime.datetime(2026, 11, 23, 8, 4, 43, tzinfo=datetime.timezone.utc)
botocore.auth.get_current_datetime = lambda *a, **k: NOW.replace(tzinfo=None)

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEA0aCXVzLWVhc3QtMSJ/+=="
HOST = "example.amazonaws.com"

cases = []


def text(value):
    return json.dumps(value, ensure_ascii=False)


def add(name, method="GET", path="/", query="", headers=(), body=b"", service="service",
        region="us-east-1", token=None, presigned=None, unsigned=False):
    url = f"http://{HOST}{path}" + (f"?{query}" if query else "")
    # A presigned URL does not know its body: botocore would move it into the query.
    request = AWSRequest(method=method, url=url, data=b"" if presigned is not None else body)
    for key, value in headers:
        request.headers.add_header(key, value)
    credentials = Credentials(KEY, SECRET, token)
    if unsigned:
        request.context["payload_signing_enabled"] = False
        request.url = request.url.replace("http:", "https:")
    if presigned is not None:
        kind = botocore.auth.S3SigV4QueryAuth if service == "s3" else botocore.auth.SigV4QueryAuth
        signer = kind(credentials, service, region, presigned)
    else:
        kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
        signer = kind(credentials, service, region)
    signer.add_auth(request)
    signed = urlsplit(request.url)
    sent = [(k.lower(), v) for k, v in request.headers.items()]
    if not any(k == "host" for k, _ in sent):
        sent.append(("host", HOST))
    given = [(k.lower(), v) for k, v in headers]
    pairs = lambda items: "&[" + ", ".join(f"({text(k)}, {text(v)})" for k, v in items) + "]"
    if presigned is None:
        proof = dict(sent)["authorization"]
    else:
        proof = signed.query.rpartition("&X-Amz-Signature=")[2]
    sent_query = signed.query if presigned is not None else query
    cases.append(f"""    Vector {{
        name: {text(name)},
        method: {text(method)},
        path: {text(path)},
        query: {text(query)},
        headers: {pairs(given)},
        body: b{text(body.decode())},
        service: {text(service)},
        region: {text(region)},
        session_token: {f"Some({text(token)})" if token else "None"},
        expires: {f"Some({presigned})" if presigned is not None else "None"},
        covers_body: {"false" if unsigned or (presigned is not None and service == "s3") else "true"},
        sent_query: {text(sent_query)},
        sent_headers: {pairs(sent)},
        proof: {text(proof)},
    }},
""")


JSON = ("Content-Type", "application/json")
FORM = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")

# The themes of AWS's Signature Version 4 test suite.
add("get-vanilla")
add("get-header-key-duplicate", headers=[("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")])
add("get-header-value-order", headers=[("My-Header1", "value4"), ("My-Header1", "value1"), ("My-Header1", "value3")])
add("get-header-value-trim", headers=[("My-Header1", "  value1"), ("My-Header2", '  "a   b   c"  ')])
add("get-header-value-empty", headers=[("My-Header1", "")])
add("get-unreserved", path="/-._~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
add("get-utf8-path", path="/ሴ")
add("get-utf8-path-encoded", path="/%E1%88%B4")
add("get-vanilla-empty-query-key", query="Param1=value1")
add("get-vanilla-query-value-empty", query="Param1=")
add("get-vanilla-query-order-key", query="Param1=value2&Param1=Value1")
add("get-vanilla-query-order-key-case", query="Param2=value2&Param1=value1")
add("get-vanilla-query-order-encoded", query="Param-3=Value3&Param=Value2&%E1%88%B4=Value1")
add("get-vanilla-query-unreserved", query="-._~0123456789abcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
add("get-query-blank", query="Param1=value%20one&Param2=a%2Bb%2Fc%3Dd")
add("get-relative", path="/example/..")
add("get-relative-relative", path="/example1/example2/../..")
add("get-slash", path="//")
add("get-slash-dot-slash", path="/./")
add("get-slash-pointless-dot", path="/./example")
add("get-slashes", path="//example//")
add("get-blank-in-path", path="/example%20space/")
add("post-vanilla", method="POST")
add("post-header-key-case", method="POST", headers=[("X-Custom-KEY", "VALUE1")])
add("post-vanilla-query", method="POST", query="Param1=value1")
add("post-form", method="POST", headers=[FORM], body=b"Action=GetCallerIdentity&Version=2011-06-15", service="sts")
add("post-session-token", method="POST", token=TOKEN)

# What clients send to the services that are served here.
add("apigateway-create", method="POST", path="/restapis", headers=[JSON, ("Accept", "application/json")],
    body=b'{"name":"orders"}', service="apigateway", region="eu-west-1")
add("apigateway-patch", method="PATCH", path="/restapis/a1b2c3d4e5/resources/abc123/methods/GET", headers=[JSON],
    body=b'{"patchOperations":[{"op":"replace","path":"/apiKeyRequired","value":"true"}]}', service="apigateway")
add("apigateway-tags", method="PUT", path="/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fa1b2c3d4e5",
    headers=[JSON], body=b'{"tags":{"a":"b"}}', service="apigateway")
add("apigateway-page", path="/restapis", query="position=abc%3D%3D&limit=25", service="apigateway")
add("lambda-invoke", method="POST", path="/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Ahello/invocations",
    headers=[("X-Amz-Invocation-Type", "RequestResponse")], body=b'{"a":1}', service="lambda")
add("logs-target", method="POST", headers=[("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", "Logs_20140328.CreateLogGroup")],
    body=b'{"logGroupName":"/aws/lambda/hello"}', service="logs")
add("connections-post", method="POST", path="/prod/@connections/L0SM9cOFvHcCIhw%3D", body=b"hello", service="execute-api")
add("execute-api-colon", path="/prod/pets:batch/*", query="filter=a%3Ab", service="execute-api", token=TOKEN)
add("execute-api-unsigned-payload", method="POST", path="/prod/upload", body=b"anything", service="execute-api", unsigned=True)
add("trace-and-agent-are-not-signed", headers=[("User-Agent", "a/1"), ("X-Amzn-Trace-Id", "Root=1"), ("Connection", "keep-alive"), ("Expect", "100-continue")])
add("date-header", headers=[("Date", "Mon, 23 Nov 2026 08:04:43 GMT")])
add("host-with-port", headers=[("Host", "127.0.0.1:4566")], service="apigateway", path="/restapis")
add("delete", method="DELETE", path="/restapis/a1b2c3d4e5", service="apigateway")
add("head", method="HEAD", path="/prod/", service="execute-api")

# S3 takes paths literally and always names the payload's hash.
add("s3-get", path="/bucket/key", service="s3")
add("s3-put", method="PUT", path="/bucket/a%20b//c/../d", body=b"content", service="s3", token=TOKEN)
add("s3-list", path="/bucket", query="list-type=2&prefix=a%2Fb&delimiter=%2F", service="s3")

# Presigned.
add("presigned-get", path="/prod/pets", service="execute-api", presigned=3600)
add("presigned-query", path="/prod/pets", query="b=2&a=1%202", service="execute-api", presigned=60)
add("presigned-token", query="Action=GetCallerIdentity&Version=2011-06-15", service="sts", token=TOKEN, presigned=60)
add("presigned-header", query="Action=GetCallerIdentity", headers=[("X-K8s-Aws-Id", "cluster")], service="sts", presigned=60)
add("presigned-put", method="PUT", path="/prod/pets", headers=[("Content-Type", "text/plain")], service="execute-api", presigned=604800)
add("presigned-s3", path="/bucket/a%20b", service="s3", presigned=604800)
add("presigned-s3-put", method="PUT", path="/bucket/key", body=b"content", service="s3", presigned=900)

with open("src/vectors.rs", "w") as out:
    out.write('''//! Requests of many shapes with the signatures that AWS's own signer makes: written by
//! `vectors/generate.py` with botocore 1.43.11, signed at 2026-11-23T08:04:43Z.

/// A request before signing, and what botocore makes of it.
pub(crate) struct Vector {
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) query: &'static str,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) body: &'static [u8],
    pub(crate) service: &'static str,
    pub(crate) region: &'static str,
    pub(crate) session_token: Option<&'static str>,
    /// Seconds, if presigned.
    pub(crate) expires: Option<u64>,
    pub(crate) covers_body: bool,
    pub(crate) sent_query: &'static str,
    pub(crate) sent_headers: &'static [(&'static str, &'static str)],
    /// The `Authorization` header; the signature alone if presigned.
    pub(crate) proof: &'static str,
}

pub(crate) const ACCESS_KEY_ID: &str = "''' + KEY + '''";
pub(crate) const SECRET_ACCESS_KEY: &str = "''' + SECRET + '''";

pub(crate) const VECTORS: &[Vector] = &[
''' + "".join(cases) + "];\n")
print(len(cases), "vectors")
