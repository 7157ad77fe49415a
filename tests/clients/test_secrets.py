"""What is secret is shown where AWS shows it and nowhere else: one gateway sees marked secrets of every kind, does
everything with them that can be done, also what is refused, and then everything is read that it has written or told: its
output at the most talkative level, log groups, the audit trail, exports, SDKs, errors, metrics, and its files but for the
store itself, which has to keep them."""

import io
import json
import os
import pathlib
import shutil
import tempfile
import time
import zipfile
from urllib.parse import parse_qs, urlsplit

import botocore.exceptions
import pytest

from harness import certificates, functions, wire
from harness.account import Aws, patch
from harness.backend import Backend
from harness.definitions import RestApi, invocation_uri
from harness.http_apis import HttpApi
from harness.logs import allow
from harness.portals import portal
from harness.process import Gateway
from harness.signing import Signer
from harness.user_pools import REGION, Pool

AUTHORIZER = """
def handler(event, context):
    effect = "Allow" if event["authorizationToken"].startswith("allow") else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": "*"}
    return {"principalId": "p", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""
ROOT = ("AKIAROOTOFEVERYTHING", "rootsecret" + os.urandom(20).hex())


def marked(word):
    return word + os.urandom(16).hex()


class Told:
    """Everything that the gateway has told where no secret belongs, by where."""

    def __init__(self):
        self.texts = []

    def add(self, where, text):
        self.texts.append((where, text if isinstance(text, bytes) else text.encode()))

    def refused(self, where, call, *arguments, **settings):
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            call(*arguments, **settings)
        self.add(where, json.dumps(caught.value.response, default=str))

    def reply(self, where, reply, status):
        assert reply.status == status, (where, reply)
        self.add(where, repr(reply.headers).encode() + reply.body)
        return reply

    def containing(self, text):
        return sorted({where for where, told in self.texts if text.encode() in told})


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """(the secrets by name, what was told)."""
    folder = pathlib.Path(tempfile.mkdtemp(dir="/var/tmp"))
    pool, domain = Pool("secrets"), Backend()
    (folder / "keys.json").write_text(pool.jwks())
    (folder / "gatewright.toml").write_text(
        f'auth = "strict"\n[root]\naccount = "000000000000"\naccess_key_id = "{ROOT[0]}"\nsecret_access_key = "{ROOT[1]}"\n'
        f'[access_log]\ncopy_to = "{folder}/access.log"\n[[user_pools]]\narn = "{pool.arn}"\njwks = "{folder}/keys.json"\n'
    )
    arguments = ["--data-dir", folder / "data", "--config", folder / "gatewright.toml", "--log", "trace"]
    gateway = Gateway(*arguments, "--admin-listen", "127.0.0.1:0")
    try:
        told = Told()
        gateway.admin = gateway.wait_for_line(r"Metrics +(http://127\.0\.0\.1:\d+)/metrics")[1]
        secrets = exercise(gateway, told, pool, domain)
        gateway.stop()
        told.add("output", "\n".join(gateway.output))
        for path in folder.rglob("*"):
            is_store = path.name.startswith(("state", "gatewright.", "keys.json")) or "functions" in path.parts
            if path.is_file() and not is_store:
                told.add(f"file {path.relative_to(folder)}", path.read_bytes())
        yield secrets, told
    finally:
        gateway.kill()
        domain.close()
        shutil.rmtree(folder)


def exercise(gateway, told, pool, domain):
    aws = Aws(gateway.endpoint, REGION, *ROOT)
    secrets = {"the root's key": ROOT[1]}
    allow(aws)

    # Keys and sessions of people.
    aws.iam.create_user(UserName="a")
    key = aws.iam.create_access_key(UserName="a")["AccessKey"]
    secrets["a user's key"] = key["SecretAccessKey"]
    everything = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    aws.iam.put_user_policy(UserName="a", PolicyName="p", PolicyDocument=everything)
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}]})
    role = functions.role(aws, "trusting", trust)
    aws.iam.put_role_policy(RoleName="trusting", PolicyName="p", PolicyDocument=everything)
    person = aws.as_key(key["AccessKeyId"], key["SecretAccessKey"])
    session = person.sts.assume_role(RoleArn=role, RoleSessionName="guest")["Credentials"]
    secrets["a session's key"], secrets["a session's token"] = session["SecretAccessKey"], session["SessionToken"]
    guest = aws.as_key(session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    guest.sts.get_caller_identity()
    forged = aws.as_key(session["AccessKeyId"], "wrong", session["SessionToken"])
    told.refused("a forged signature", forged.apigateway.get_rest_apis)

    # API keys.
    secrets["an API key"], secrets["an imported API key"] = marked("apikeyvalue"), marked("importedvalue")
    value = {"name": "k", "value": secrets["an API key"], "enabled": True}
    made = aws.apigateway.create_api_key(**value)
    told.refused("a second API key", aws.apigateway.create_api_key, **value)
    csv = f"name,key,description,enabled,usageplanIds\nimported,{secrets['an imported API key']},d,true,\n"
    aws.apigateway.import_api_keys(format="csv", body=csv.encode(), failOnWarnings=False)
    again = aws.apigateway.import_api_keys(format="csv", body=csv.encode(), failOnWarnings=False)
    told.add("a second import", json.dumps(again))
    told.add("the list of API keys", json.dumps(aws.apigateway.get_api_keys()["items"], default=str))

    # Certificates.
    imported, uploaded = certificates.make(["a.example.com"]), certificates.make(["b.example.com"])
    arn = aws.acm.import_certificate(Certificate=imported.pem, PrivateKey=imported.key_pem)["CertificateArn"]
    told.add("a certificate", json.dumps(aws.acm.describe_certificate(CertificateArn=arn), default=str))
    told.refused("another's key", aws.acm.import_certificate, Certificate=imported.pem, PrivateKey=uploaded.key_pem)
    names = {"certificateName": "u", "certificateBody": uploaded.pem, "certificatePrivateKey": uploaded.key_pem}
    aws.apigateway.create_domain_name(domainName="b.example.com", **names)
    told.refused("another name", aws.apigateway.create_domain_name, domainName="c.example.com", **names)
    for name, pem in (("an imported certificate's key", imported.key_pem), ("an uploaded one's", uploaded.key_pem)):
        secrets[name] = pem.splitlines()[1]
    shown = aws.apigateway.generate_client_certificate()

    # A function with secrets in its environment, which authorizes, too.
    secrets["a variable"] = marked("environmentvariable")
    variables = {"Variables": {"PASSWORD": secrets["a variable"]}}
    function = functions.function(aws, AUTHORIZER, Environment=variables)
    told.refused(
        "a reserved variable",
        aws.functions.update_function_configuration,
        FunctionName=function,
        Environment={"Variables": {"AWS_REGION": secrets["a variable"]}},
    )
    functions.invoke(aws, function, {"authorizationToken": "x"}, LogType="Tail")

    # An API that asks for all of them.
    api = RestApi(aws)
    for path in ("/key", "/iam", "/token", "/custom", "/pool"):
        api.mock(path, body="x")
    for path, header in (("/token", "Authorization"), ("/custom", "X-Own-Token")):
        authorizer = aws.apigateway.create_authorizer(
            restApiId=api.id,
            name=header,
            type="TOKEN",
            authorizerUri=invocation_uri(aws.region, function),
            identitySource=f"method.request.header.{header}",
        )["id"]
        aws.functions.add_permission(
            FunctionName=function,
            StatementId=authorizer,
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )
        asks(aws, api, path, "CUSTOM", authorizer)
    users = aws.apigateway.create_authorizer(
        restApiId=api.id,
        name="pool",
        type="COGNITO_USER_POOLS",
        providerARNs=[pool.arn],
        identitySource="method.request.header.Authorization",
    )["id"]
    asks(aws, api, "/pool", "COGNITO_USER_POOLS", users)
    asks(aws, api, "/iam", "AWS_IAM")
    operations = [patch("replace", "/apiKeyRequired", "true")]
    aws.apigateway.update_method(restApiId=api.id, resourceId=api.resource("/key"), httpMethod="GET", patchOperations=operations)
    api.deploy()
    aws.logs.create_log_group(logGroupName="access")
    group = f"arn:aws:logs:{aws.region}:000000000000:log-group:access"
    form = "$context.requestId $context.identity.apiKeyId $context.identity.user $context.authorizer.principalId $context.path"
    settings = [
        ("/*/*/logging/loglevel", "INFO"),
        ("/*/*/logging/dataTrace", "true"),
        ("/accessLogSettings/destinationArn", group),
        ("/accessLogSettings/format", form),
        ("/clientCertificateId", shown["clientCertificateId"]),
    ]
    changes = [patch("replace", path, value) for path, value in settings]
    aws.apigateway.update_stage(restApiId=api.id, stageName="test", patchOperations=changes)
    plan = aws.apigateway.create_usage_plan(name="p", apiStages=[{"apiId": api.id, "stage": "test"}])["id"]
    aws.apigateway.create_usage_plan_key(usagePlanId=plan, keyId=made["id"], keyType="API_KEY")
    told.add("a usage plan's keys", json.dumps(aws.apigateway.get_usage(
        usagePlanId=plan, startDate="2026-11-01", endDate="2026-11-28")["items"]))

    def get(path, headers=(), status=200):
        return told.reply(f"GET {path} {status}", wire.send(gateway.endpoint, "GET", api.path(path), headers), status)

    get("/key", [("x-api-key", secrets["an API key"])])
    get("/key", [("x-api-key", secrets["an imported API key"])], 403)
    for path, header in (("/token", "Authorization"), ("/custom", "X-Own-Token")):
        for word, status in (("allow", 200), ("deny", 403)):
            secrets[f"{header} {word}"] = token = word + marked("token")
            get(path, [(header, token)], status)
    secrets["a user's token"] = pool.token(aud="app")
    secrets["a stranger's token"] = Pool("secrets").token(aud="app")
    get("/pool", [("Authorization", secrets["a user's token"])])
    get("/pool", [("Authorization", secrets["a stranger's token"])], 401)
    signer = Signer(gateway.endpoint, aws.region, session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    for headers in (signer.headers("GET", api.path("/iam")), signer.but(secret_key="x").headers("GET", api.path("/iam"))):
        wire.send(gateway.endpoint, "GET", api.path("/iam"), headers)
    presigned = signer.presigned(api.path("/iam"))
    assert wire.send(gateway.endpoint, "GET", presigned).status == 200
    told.reply("a presigned refusal", wire.send(gateway.endpoint, "GET", presigned.replace("/iam", "/token")), 401)
    secrets["a presigned session's token"] = presigned.split("X-Amz-Security-Token=")[1].split("&")[0]

    # An HTTP API with tokens, and a portal that signs in.
    http = HttpApi(aws)
    jwt = {"Audience": ["app"], "Issuer": f"https://cognito-idp.{REGION}.amazonaws.com/{REGION}_secrets"}
    made = http.client.create_authorizer(
        ApiId=http.id, AuthorizerType="JWT", Name="j", IdentitySource=["$request.header.Authorization"], JwtConfiguration=jwt
    )
    http.http("GET /x", domain.url)
    (route,) = http.client.get_routes(ApiId=http.id)["Items"]
    guard = {"AuthorizationType": "JWT", "AuthorizerId": made["AuthorizerId"]}
    http.client.update_route(ApiId=http.id, RouteId=route["RouteId"], **guard)
    secrets["a JWT"] = pool.token(aud="app", jti=marked("jwt"))
    told.reply("a JWT", wire.send(gateway.endpoint, "GET", http.path("/x"), [("Authorization", f"Bearer {secrets['a JWT']}x")]), 401)
    assert wire.send(gateway.endpoint, "GET", http.path("/x"), [("Authorization", f"Bearer {secrets['a JWT']}")]).status == 200
    v2 = aws.client("apigatewayv2")
    config = {"AppClientId": "app", "UserPoolArn": pool.arn, "UserPoolDomain": domain.url}
    id = portal(v2, Authorization={"CognitoConfig": config})["PortalId"]
    v2.publish_portal(PortalId=id)
    root = f"/_aws/portals/{id}/"
    begun = wire.send(gateway.endpoint, "GET", root + "sign-in")
    asked = {name: value for name, (value,) in parse_qs(urlsplit(begun.header("Location")).query).items()}
    kept = begun.header("Set-Cookie").split(";")[0]
    secrets["what a browser keeps"] = kept.split("=", 1)[1]
    secrets["a reader's token"] = pool.token(aud="app", nonce=asked["nonce"], jti=marked("reader"))
    secrets["a code"] = marked("code")
    domain.reply(headers={"Content-Type": "application/json"}, body=json.dumps({"id_token": secrets["a reader's token"]}))
    back = f"{root}?code={secrets['a code']}&state={asked['state']}"
    signed_in = wire.send(gateway.endpoint, "GET", back, [("Cookie", kept)])
    assert signed_in.status == 303, signed_in
    session_cookie = next(cookie for cookie in signed_in.all("Set-Cookie") if "-session=" in cookie).split(";")[0]
    secrets["a reader's session"] = session_cookie.split("=", 1)[1]
    told.reply("a portal", wire.send(gateway.endpoint, "GET", root, [("Cookie", session_cookie)]), 200)

    # What is written of all that.
    for kind, parameters in (("oas30", {"extensions": "apigateway"}), ("swagger", {"extensions": "authorizers"})):
        body = aws.apigateway.get_export(restApiId=api.id, stageName="test", exportType=kind, parameters=parameters)["body"]
        told.add(f"an export ({kind})", body.read())
    told.add("an export of an HTTP API", v2.export_api(ApiId=http.id, OutputType="JSON", Specification="OAS30")["body"].read())
    sdk = aws.apigateway.get_sdk(restApiId=api.id, stageName="test", sdkType="javascript")["body"].read()
    with zipfile.ZipFile(io.BytesIO(sdk)) as files:
        for name in files.namelist():
            told.add(f"SDK {name}", files.read(name))
    told.add("metrics", wire.send(gateway.admin, "GET", "/metrics").body)
    pages = aws.client("cloudtrail").get_paginator("lookup_events").paginate()
    events = [event for page in pages for event in page["Events"]]
    assert len(events) > 30
    told.add("the audit trail", json.dumps(events, default=str))
    until = time.monotonic() + 10
    while True:
        groups = [group["logGroupName"] for group in aws.logs.describe_log_groups()["logGroups"]]
        lines = {name: [e["message"] for e in aws.logs.filter_log_events(logGroupName=name)["events"]] for name in groups}
        execution = lines.get(f"API-Gateway-Execution-Logs_{api.id}/test", [])
        if sum("Method completed" in line for line in execution) >= 8 or time.monotonic() > until:
            break
        time.sleep(0.1)
    assert any("Method request headers" in line for line in execution), execution[:3]
    for name, messages in lines.items():
        told.add(f"log group {name}", "\n".join(messages))
    return secrets


def asks(aws, api, path, kind, authorizer=None):
    operations = [patch("replace", "/authorizationType", kind)]
    if authorizer:
        operations.append(patch("replace", "/authorizerId", authorizer))
    aws.apigateway.update_method(
        restApiId=api.id, resourceId=api.resource(path), httpMethod="GET", patchOperations=operations
    )


def test_no_secret_is_told(seen):
    secrets, told = seen
    shown = [f"{name} in {where}" for name, text in secrets.items() for where in told.containing(text)]
    assert not shown, "\n".join(shown)


def test_no_private_key_is_told(seen):
    assert seen[1].containing("PRIVATE KEY-----") == []


def test_what_is_looked_for_would_be_found(seen):
    """Each place has been read: something that is no secret is found there."""
    told = seen[1]
    assert "output" in told.containing("a custom domain name is served")
    assert told.containing("CreateApiKey") == ["the audit trail"]
    assert any(where.startswith("log group API-Gateway-Execution-Logs") for where in told.containing("Method request headers"))
    assert any(where.startswith("file ") for where, _ in told.texts)
    assert any(where.startswith("SDK ") for where, _ in told.texts)
    assert "metrics" in told.containing("gatewright_")
