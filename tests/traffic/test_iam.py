"""AWS_IAM in front of methods: signatures of AWS's own signer, held against stored keys and policies (API Gateway
developer guide, "Control access to a REST API with IAM permissions"; texts of refusals: knowledge centre, "How do I
troubleshoot HTTP 403 errors from API Gateway"). The gateway runs in development mode, in which AWS calls take any key
at its word: traffic does not."""

import json

import pytest

from harness import functions, logs, wire
from harness.account import Aws, patch
from harness.definitions import RestApi, invocation_uri
from harness.process import Gateway
from harness.signing import (
    INVOKE,
    Person,
    Signer,
    ago,
    allow_invoke,
    denied,
    document,
    refusal,
    shown,
    statement,
)

MISSING = (403, "MissingAuthenticationTokenException", {"message": "Missing Authentication Token"})
MISMATCH = (
    403,
    "InvalidSignatureException",
    {
        "message": "The request signature we calculated does not match the signature you provided. Check your AWS "
        "Secret Access Key and signing method. Consult the service documentation for details."
    },
)
UNKNOWN = (403, "UnrecognizedClientException", {"message": "The security token included in the request is invalid."})


def guarded(api, path, uri, method="GET", **settings):
    """An HTTP_PROXY method that asks for IAM."""
    api.method(path, method, authorizationType="AWS_IAM", **settings)
    backend_method = "GET" if method == "ANY" else method
    api.integration(path, method, type="HTTP_PROXY", integrationHttpMethod=backend_method, uri=uri)


@pytest.fixture
def pets(aws, backend):
    """GET and POST /pets."""
    api = RestApi(aws)
    guarded(api, "/pets", backend.url + "/pets")
    guarded(api, "/pets", backend.url + "/pets", "POST")
    api.deploy()
    return api


@pytest.fixture
def ada(aws):
    """May invoke everything."""
    return Person(aws, allow_invoke())


@pytest.fixture
def bob(aws):
    """May do nothing."""
    return Person(aws)


def test_without_a_signature_nobody_gets_in(pets, backend, call):
    assert refusal(call("GET", pets.path("/pets"))) == MISSING
    assert refusal(call("GET", pets.path("/pets"), {"x-amz-date": "20260101T000000Z"})) == MISSING
    assert refusal(call("GET", pets.path("/pets?X-Amz-Signature=a&X-Amz-Credential=b"))) == MISSING
    assert backend.received == []


def test_a_signed_request_gets_in_by_every_form_of_the_url(pets, backend, ada, gateway):
    host = f"{pets.id}.execute-api.{pets.aws.region}.localhost:{gateway.port}"
    for target, headers in [
        (pets.path("/pets"), {}),
        (pets.path("/pets?b=2&a=1&c=%20"), {}),
        (f"/restapis/{pets.id}/test/_user_request_/pets", {}),
        ("/test/pets", {"Host": host}),
        ("//test//pets", {"Host": host}),
    ]:
        assert ada.get(target, headers).status == 200, target
    assert len(backend.received) == 5
    # What proves who calls the gateway is not the backend's business (behaviours of HTTP_PROXY).
    assert [received.header("Authorization") for received in backend.received] == [None] * 5


def test_a_presigned_url_gets_in(pets, backend, ada, bob, call):
    assert call("GET", ada.presigned(pets.path("/pets?a=b"))).status == 200
    assert len(backend.received) == 1
    assert refusal(call("GET", bob.presigned(pets.path("/pets")))) == denied(bob.arn, shown(pets, "/pets"))
    # For another verb, another path, with more in the query, or after its time.
    signed = ada.presigned(pets.path("/pets"))
    assert refusal(call("POST", signed)) == MISMATCH
    assert refusal(call("GET", signed + "&more=1")) == MISMATCH
    assert refusal(call("GET", signed.replace("/pets", "/pets/"))) == MISMATCH
    late = call("GET", ada.presigned(pets.path("/pets"), expires=60, at=ago(seconds=61)))
    assert late.status == 403
    assert late.header("x-amzn-ErrorType") == "InvalidSignatureException"
    assert late.json["message"].startswith("Signature expired: ")
    both = call("GET", signed, {"Authorization": "Bearer x"})
    assert refusal(both) == (
        403,
        "InvalidSignatureException",
        {"message": "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."},
    )
    assert len(backend.received) == 1


def test_a_body_is_what_was_signed(pets, backend, ada, call):
    target = pets.path("/pets")
    assert ada.send("POST", target, {"Content-Type": "text/plain"}, b"one").status == 200
    assert backend.last.body == b"one"
    signed = ada.headers("POST", target, {"Content-Type": "text/plain"}, b"one")
    backend.clear()
    for body in (b"two", b"", b"one "):
        assert refusal(call("POST", target, signed, body)) == MISMATCH, body
    declared = ada.headers("POST", target, {"X-Amz-Content-SHA256": "0" * 64}, b"one")
    assert refusal(call("POST", target, declared, b"one")) == MISMATCH
    # A captured request is not made one that covers no body.
    unsigned = call("POST", target, [*signed, ("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD")], b"two")
    assert (unsigned.status, unsigned.header("x-amzn-ErrorType")) == (403, "InvalidSignatureException")
    pieces = ada.headers("POST", target, {"X-Amz-Content-SHA256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}, b"one")
    assert call("POST", target, pieces, b"one").status == 403
    assert backend.received == []
    # Whoever signs that the body is not covered has said so.
    signed = ada.headers("POST", target, {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}, b"one")
    assert call("POST", target, signed, b"two").status == 200
    assert backend.last.body == b"two"


def test_a_body_above_the_limit_is_refused(pets, backend, ada, call):
    limit = 10 * 1024 * 1024
    assert ada.send("POST", pets.path("/pets"), body=b"x" * limit).status == 200
    assert len(backend.last.body) == limit
    backend.clear()
    assert refusal(ada.send("POST", pets.path("/pets"), body=b"x" * (limit + 1))) == (
        413,
        "RequestTooLargeException",
        {"message": "Request Too Long"},
    )
    assert backend.received == []


def test_a_signature_that_is_wrong_is_told_so(pets, backend, ada, call):
    target = pets.path("/pets")

    def get(signer, **more):
        return refusal(signer.send("GET", target, **more))

    assert get(ada.but(secret_key="guessed")) == MISMATCH
    # In development mode AWS calls take these at their word.
    assert get(ada.but(access_key="test", secret_key="test")) == UNKNOWN
    assert get(ada.but(access_key="AKIANOBODYNOBODYNOBO")) == UNKNOWN
    assert get(ada.but(token="made up")) == UNKNOWN
    for changes, text in [
        ({"service": "lambda"}, "Credential should be scoped to correct service: 'execute-api'."),
        ({"region": "eu-west-9"}, "Credential should be scoped to a valid region, not 'eu-west-9'."),
    ]:
        assert get(ada.but(**changes)) == (403, "InvalidSignatureException", {"message": text})
    old = ada.send("GET", target, at=ago(minutes=16))
    assert (old.status, old.header("x-amzn-ErrorType")) == (403, "InvalidSignatureException")
    assert old.json["message"].startswith("Signature expired: ")
    early = ada.send("GET", target, at=ago(minutes=-16))
    assert (early.status, early.header("x-amzn-ErrorType")) == (403, "InvalidSignatureException")
    incomplete = "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request"
    for header, text in [
        ("Bearer abc", "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and "),
        (incomplete, "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders'"),
    ]:
        reply = call("GET", target, {"Authorization": header})
        assert (reply.status, reply.header("x-amzn-ErrorType")) == (403, "IncompleteSignatureException")
        assert reply.json["message"].startswith(text), reply.json
    assert backend.received == []


def test_a_signature_is_good_for_nothing_else(pets, backend, ada, call, aws, gateway):
    """Verb, path, query, host and signed headers are covered; a signature for one API does not open another."""
    other = RestApi(aws, name="other")
    guarded(other, "/pets", backend.url + "/other")
    other.deploy()
    signed = ada.headers("GET", pets.path("/pets"), {"X-Own": "1"})
    changed = [(name, "2" if name == "X-Own" else value) for name, value in signed]
    for method, target, headers in [
        ("POST", pets.path("/pets"), signed),
        ("HEAD", pets.path("/pets"), signed),
        ("GET", pets.path("/pets?a=b"), signed),
        ("GET", other.path("/pets"), signed),
        ("GET", pets.path("/pets"), changed),
        ("GET", pets.path("/pets"), [*signed, ("X-Amz-Own", "1")]),
        ("GET", pets.path("/pets"), [*signed, ("Host", "elsewhere")]),
    ]:
        assert call(method, target, headers).status == 403, (method, target, headers)

    def host(api):
        return f"{api.id}.execute-api.{aws.region}.localhost:{gateway.port}"

    signed = ada.headers("GET", "/test/pets", {"Host": host(pets)})
    assert call("GET", "/test/pets", signed).status == 200
    backend.clear()
    # A target that names a host is routed by it, whatever the header says that was signed.
    assert refusal(call("GET", f"http://{host(other)}/test/pets", signed)) == MISMATCH
    assert backend.received == []
    assert call("GET", f"http://{host(pets)}/test/pets", signed).status == 200


def test_keys_and_rights_act_at_once(pets, backend, aws, call):
    carol = Person(aws, allow_invoke())

    def get():
        return carol.get(pets.path("/pets"))

    assert get().status == 200
    aws.iam.update_access_key(UserName=carol.name, AccessKeyId=carol.access_key, Status="Inactive")
    assert refusal(get()) == UNKNOWN
    aws.iam.update_access_key(UserName=carol.name, AccessKeyId=carol.access_key, Status="Active")
    assert get().status == 200
    carol.may(statement("Deny", INVOKE, "*"))
    assert refusal(get()) == denied(carol.arn, shown(pets, "/pets"), explicit=True)
    aws.iam.delete_user_policy(UserName=carol.name, PolicyName="own")
    assert refusal(get()) == denied(carol.arn, shown(pets, "/pets"))
    arn = aws.iam.create_policy(PolicyName=carol.name, PolicyDocument=document(allow_invoke()))["Policy"]["Arn"]
    aws.iam.attach_user_policy(UserName=carol.name, PolicyArn=arn)
    assert get().status == 200
    aws.iam.create_policy_version(
        PolicyArn=arn, PolicyDocument=document(allow_invoke(pets.source_arn("other/*"))), SetAsDefault=True
    )
    assert refusal(get()) == denied(carol.arn, shown(pets, "/pets"))
    aws.iam.detach_user_policy(UserName=carol.name, PolicyArn=arn)
    carol.may(allow_invoke())
    assert get().status == 200
    presigned = carol.presigned(pets.path("/pets"))
    aws.iam.delete_access_key(UserName=carol.name, AccessKeyId=carol.access_key)
    assert refusal(get()) == UNKNOWN
    assert refusal(call("GET", presigned)) == UNKNOWN
    assert len(backend.received) == 4


def test_a_session_has_its_roles_rights(pets, backend, aws, ada):
    name = functions.unique("worker", aws)
    trust = document({"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"})
    role = aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    aws.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(allow_invoke()))
    given = aws.sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    session = ada.but(
        access_key=given["AccessKeyId"], secret_key=given["SecretAccessKey"], token=given["SessionToken"]
    )
    assert session.get(pets.path("/pets")).status == 200
    backend.clear()
    assert refusal(session.but(token=None).get(pets.path("/pets"))) == UNKNOWN
    assert refusal(session.but(token="other").get(pets.path("/pets"))) == UNKNOWN
    aws.iam.delete_role_policy(RoleName=name, PolicyName="own")
    arn = f"arn:aws:sts::000000000000:assumed-role/{name}/me"
    assert refusal(session.get(pets.path("/pets"))) == denied(arn, shown(pets, "/pets"))
    aws.iam.delete_role(RoleName=name)
    assert refusal(session.get(pets.path("/pets"))) == UNKNOWN
    # Another role of the same name is not that role.
    aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    aws.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(allow_invoke()))
    assert refusal(session.get(pets.path("/pets"))) == UNKNOWN
    assert backend.received == []


@pytest.fixture
def shop(aws, backend):
    """`/pets` by each verb, `/admin` by ANY, and whatever is below `/files`, in two stages."""
    api = RestApi(aws)
    for path, method in [("/pets", "GET"), ("/pets", "POST"), ("/admin", "ANY"), ("/files/{proxy+}", "ANY")]:
        guarded(api, path, backend.url + path.replace("/{proxy+}", ""), method)
    api.deploy("test")
    api.deploy("prod")
    return api


@pytest.mark.parametrize(
    ("allowed", "method", "stage", "path"),
    [
        ("test/GET/pets", "GET", "prod", "/pets"),  # another stage
        ("test/GET/pets", "POST", "test", "/pets"),  # another verb
        ("test/GET/pets", "GET", "test", "/admin"),  # another path
        ("test/GET/admin", "HEAD", "test", "/admin"),  # ANY serves HEAD, which is another verb
        ("test/ANY/admin", "GET", "test", "/admin"),  # ANY is no verb of a request
        ("test/GET/pets", "GET", "test", "/pets/"),  # another writing
        ("test/GET/pets", "GET", "test", "//admin"),
        ("test/GET/PETS", "GET", "test", "/pets"),  # case counts
        ("TEST/GET/pets", "GET", "test", "/pets"),
        ("test/GET/files/open/*", "GET", "test", "/files/shut/1"),
        ("test/GET/files/open", "GET", "test", "/files/open/1"),
        ("test/GET/files/open/*", "GET", "test", "/files/op%65n/1"),
    ],
)
def test_what_is_allowed_opens_nothing_else(shop, backend, aws, allowed, method, stage, path):
    dora = Person(aws, allow_invoke(shop.source_arn(allowed)))
    reply = dora.send(method, shop.path(path, stage))
    assert reply.status == 403
    if method != "HEAD":
        sent = "/" + path.lstrip("/")
        assert refusal(reply) == denied(dora.arn, shown(shop, sent, stage, method))
    assert backend.received == []


@pytest.mark.parametrize(
    ("allowed", "method", "path"),
    [
        ("test/GET/pets", "GET", "/pets"),
        ("test/GET/pets", "GET", "//pets"),
        ("test/*/pets", "POST", "/pets"),
        ("*/GET/*", "GET", "/files/a/b"),
        ("test/HEAD/admin", "HEAD", "/admin"),
        ("test/*", "DELETE", "/admin"),
        ("test/GET/files/open/*", "GET", "/files/open/1"),
        ("test/GET/files/open/*", "GET", "/files/open/a%20b"),
    ],
)
def test_what_is_allowed_is_open(shop, backend, aws, allowed, method, path):
    dora = Person(aws, allow_invoke(shop.source_arn(allowed)))
    assert dora.send(method, shop.path(path)).status == 200
    assert len(backend.received) == 1


@pytest.mark.parametrize(
    "path",
    ["/files/shut", "/files/shut/", "//files/shut", "/files/%73hut", "/files/sh%75t/", "/files//shut", "/files%2Fshut"],
)
@pytest.mark.parametrize("way", ["deny", "not resource"])
def test_what_is_shut_is_shut_in_every_writing(shop, backend, aws, path, way):
    shut = shop.source_arn("*/*/files/shut")
    if way == "deny":
        erna = Person(aws, allow_invoke(), statement("Deny", INVOKE, shut))
    else:
        erna = Person(aws, {"Effect": "Allow", "Action": INVOKE, "NotResource": shut})
    assert erna.get(shop.path("/files/open")).status == 200
    backend.clear()
    assert erna.get(shop.path(path)).status == 403
    assert backend.received == []


def test_policies_may_depend_on_circumstances(shop, backend, aws):
    def may(**condition):
        frida = Person(aws, statement("Allow", INVOKE, "*", Condition=condition))
        return frida.get(shop.path("/pets"), {"User-Agent": "own/1", "Referer": "https://here.example/"}).status == 200

    assert may(IpAddress={"aws:SourceIp": "127.0.0.0/8"})
    assert not may(IpAddress={"aws:SourceIp": "10.0.0.0/8"})
    assert may(StringEquals={"aws:UserAgent": "own/1", "aws:Referer": "https://here.example/"})
    assert not may(Bool={"aws:SecureTransport": "true"})
    assert may(DateGreaterThan={"aws:CurrentTime": "2020-01-01T00:00:00Z"})
    assert not may(DateLessThan={"aws:CurrentTime": "2020-01-01T00:00:00Z"})
    assert may(StringEquals={"aws:PrincipalAccount": "000000000000", "aws:PrincipalType": "User"})
    assert not may(StringEquals={"aws:SourceVpce": "vpce-1"})
    assert may(StringLike={"aws:PrincipalArn": "arn:aws:iam::*:user/person-*"})
    # Of a tag that the user does not have nothing is allowed.
    assert not may(StringEquals={"aws:PrincipalTag/team": "pets"})
    greta = Person(aws, statement("Allow", INVOKE, "*", Condition={"StringEquals": {"aws:PrincipalTag/team": "pets"}}))
    aws.iam.tag_user(UserName=greta.name, Tags=[{"Key": "team", "Value": "pets"}])
    assert greta.get(shop.path("/pets")).status == 200


def test_a_canary_is_guarded_too(pets, backend, ada, bob, call):
    pets.deploy(canarySettings={"percentTraffic": 100.0})
    assert ada.get(pets.path("/pets")).status == 200
    backend.clear()
    assert refusal(call("GET", pets.path("/pets"))) == MISSING
    assert refusal(bob.get(pets.path("/pets"))) == denied(bob.arn, shown(pets, "/pets"))
    assert backend.received == []


@pytest.fixture
def cached(aws, backend):
    """GET /pets, whose answers are kept, and whose cache only some may invalidate."""
    api = RestApi(aws)
    guarded(api, "/pets", backend.url + "/pets")
    api.deploy(cacheClusterEnabled=True, cacheClusterSize="0.5")
    change(api, patch("replace", "/*/*/caching/enabled", "true"))
    return api


def change(api, *operations):
    api.client.update_stage(restApiId=api.id, stageName="test", patchOperations=list(operations))


def test_a_cached_answer_is_for_those_who_may_ask(cached, backend, ada, bob, call):
    backend.reply(body="secret")
    assert [ada.get(cached.path("/pets")).text for _ in range(2)] == ["secret"] * 2
    assert len(backend.received) == 1
    assert refusal(call("GET", cached.path("/pets"))) == MISSING
    assert refusal(bob.get(cached.path("/pets"))) == denied(bob.arn, shown(cached, "/pets"))
    assert len(backend.received) == 1


@pytest.mark.parametrize(
    "strategy", ["FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER"]
)
def test_whoever_may_invalidates_the_cache(cached, backend, aws, ada, strategy):
    """Developer guide, "Invalidate an API Gateway cache entry": it takes `execute-api:InvalidateCache`."""
    change(
        cached,
        patch("replace", "/*/*/caching/requireAuthorizationForCacheControl", "true"),
        patch("replace", "/*/*/caching/unauthorizedCacheControlHeaderStrategy", strategy),
    )
    holly = Person(aws, allow_invoke(), statement("Allow", "execute-api:InvalidateCache", cached.source_arn("test/GET/pets")))
    fresh = {"Cache-Control": "max-age=0"}
    for body in ("first", "second"):
        backend.reply(body=body)
    assert ada.get(cached.path("/pets")).text == "first"
    reply = ada.get(cached.path("/pets"), fresh)
    assert len(backend.received) == 1
    if strategy == "FAIL_WITH_403":
        assert (reply.status, reply.header("x-amzn-ErrorType")) == (403, "AccessDeniedException")
    else:
        assert (reply.status, reply.text) == (200, "first")
        assert bool(reply.header("Warning")) == (strategy == "SUCCEED_WITH_RESPONSE_HEADER")
    reply = holly.get(cached.path("/pets"), fresh)
    assert (reply.text, reply.header("Warning")) == ("second", None)
    assert ada.get(cached.path("/pets")).text == "second"
    holly.may(
        allow_invoke(),
        statement("Allow", "execute-api:*", "*"),
        statement("Deny", "execute-api:InvalidateCache", "*"),
    )
    reply = holly.get(cached.path("/pets"), fresh)
    assert len(backend.received) == 2
    assert reply.status == (403 if strategy == "FAIL_WITH_403" else 200)


IDENTITY = ("accessKey", "accountId", "caller", "user", "userArn")


def test_the_caller_is_known_behind_the_gate(aws, ada, bob, call):
    """Functions' events, mapping templates and access logs tell of it (behaviours 159; developer guide, "$context
    variables")."""
    arn = functions.function(
        aws,
        "import json\ndef handler(event, context):\n"
        "    return {'statusCode': 200, 'body': json.dumps(event['requestContext']['identity'])}\n",
    )
    api = RestApi(aws)
    api.method("/who", "GET", authorizationType="AWS_IAM")
    api.integration(
        "/who", "GET", type="AWS_PROXY", integrationHttpMethod="POST", uri=invocation_uri(aws.region, arn)
    )
    functions.allow_gateway(aws, arn)
    api.method("/mock", "GET", authorizationType="AWS_IAM")
    api.integration("/mock", "GET", type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    template = " ".join(f"$context.identity.{name}" for name in IDENTITY)
    api.reply("/mock", responseTemplates={"application/json": template})
    api.deploy()
    group = functions.unique("access", aws)
    aws.logs.create_log_group(logGroupName=group)
    line = "$context.status $context.identity.userArn $context.identity.caller $context.error.responseType"
    change(
        api,
        patch("replace", "/accessLogSettings/destinationArn", f"arn:aws:logs:{aws.region}:000000000000:log-group:{group}"),
        patch("replace", "/accessLogSettings/format", line + " $context.requestId"),
    )
    known = [ada.access_key, "000000000000", ada.id, ada.id, ada.arn]
    event = ada.get(api.path("/who")).json
    assert [event[name] for name in IDENTITY] == known
    assert ada.get(api.path("/mock")).text == " ".join(known)
    bob.get(api.path("/who"))
    ada.but(secret_key="guessed").get(api.path("/who"))
    call("GET", api.path("/who"))
    lines = [line.rsplit(" ", 1)[0] for line in logs.lines(aws, group, 5)]
    assert sorted(lines) == sorted(
        [
            f"200 {ada.arn} {ada.id} -",
            f"200 {ada.arn} {ada.id} -",
            f"403 {bob.arn} {bob.id} ACCESS_DENIED",
            "403 - - INVALID_SIGNATURE",
            "403 - - MISSING_AUTHENTICATION_TOKEN",
        ]
    )


OWN_RIGHT = "arn:aws:iam::*:user/*"


def test_a_function_is_invoked_by_the_callers_own_right(aws):
    """API reference, `PutIntegration`, `credentials`: `arn:aws:iam::*:user/*` passes the caller's identity through. The
    function's own policy does not name API Gateway."""
    arn = functions.function(aws, "def handler(event, context):\n    return {'statusCode': 200, 'body': 'ran'}\n")
    api = RestApi(aws)
    settings = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "credentials": OWN_RIGHT}
    for path, authorization in [("/own", "AWS_IAM"), ("/open", "NONE")]:
        api.method(path, authorizationType=authorization)
        api.integration(path, **settings, uri=invocation_uri(aws.region, arn))
    api.deploy(cacheClusterEnabled=True, cacheClusterSize="0.5")
    change(api, patch("replace", "/*/*/caching/enabled", "true"))
    failed = (500, "InternalServerErrorException", {"message": "Internal server error"})
    invoke = statement("Allow", "lambda:InvokeFunction", arn)
    ivo = Person(aws, allow_invoke())
    assert refusal(ivo.get(api.path("/own"))) == failed
    ivo.may(allow_invoke(), invoke)
    assert ivo.get(api.path("/own")).text == "ran"
    # An answer is kept for nobody who may not invoke the function.
    assert refusal(Person(aws, allow_invoke()).get(api.path("/own"))) == failed
    ivo.may(allow_invoke(), invoke, statement("Deny", "lambda:*", "*"))
    assert refusal(ivo.get(api.path("/own"))) == failed
    ivo.may(invoke)
    assert refusal(ivo.get(api.path("/own"))) == denied(ivo.arn, shown(api, "/own"))
    # Where nobody signs, nobody's right is there.
    ivo.may(allow_invoke(), invoke)
    assert refusal(ivo.get(api.path("/open"))) == failed


def test_refusals_are_gateway_responses(pets, backend, ada, bob, call):
    """Each kind can be customized (developer guide, "Gateway response types")."""
    for kind in ("ACCESS_DENIED", "INVALID_SIGNATURE", "EXPIRED_TOKEN", "MISSING_AUTHENTICATION_TOKEN"):
        pets.client.put_gateway_response(
            restApiId=pets.id,
            responseType=kind,
            statusCode="418",
            responseTemplates={"application/json": '{"kind": "$context.error.responseType", "m": $context.error.messageString}'},
        )
    pets.deploy()
    target = pets.path("/pets")
    quoting = {"Authorization": 'AWS4-HMAC-SHA256 Credential=a"b,SignedHeaders=host,Signature=0', "X-Amz-Date": ago().strftime("%Y%m%dT%H%M%SZ")}
    for kind, reply in [
        ("ACCESS_DENIED", bob.get(target)),
        ("INVALID_SIGNATURE", ada.but(secret_key="guessed").get(target)),
        ("INVALID_SIGNATURE", call("GET", target, quoting)),
        ("EXPIRED_TOKEN", ada.send("GET", target, at=ago(minutes=16))),
        ("MISSING_AUTHENTICATION_TOKEN", call("GET", target)),
    ]:
        assert (reply.status, reply.json["kind"]) == (418, kind), reply
    assert backend.received == []


def test_a_long_arn_is_refused(aws, backend, ada):
    """An ARN with a method's path may have 1,600 bytes (developer guide, "Quotas")."""
    api = RestApi(aws)
    guarded(api, "/{proxy+}", backend.url + "/x", "ANY")
    api.deploy()
    room = 1600 - len(f"arn:aws:execute-api:{aws.region}:000000000000:{api.id}/test/GET/")
    assert ada.get(api.path("/" + "x" * room)).status == 200
    assert ada.get(api.path("/" + "x" * (room + 1))).status == 414
    assert len(backend.received) == 1


def test_in_strict_mode_the_configured_root_may(tmp_path, backend):
    """The root user of the API's account needs no policy; one whose secret is wrong is nobody."""
    key = ("AKIAROOTROOTROOTROOT", "root-secret-root-secret-root-secret-root")
    path = tmp_path / "strict.toml"
    path.write_text(
        f'auth = "strict"\n[root]\naccount = "111122223333"\naccess_key_id = "{key[0]}"\nsecret_access_key = "{key[1]}"\n'
    )
    with Gateway("--ephemeral", "--config", path) as strict:
        aws = Aws(strict.endpoint, "us-west-2", *key)
        api = RestApi(aws)
        guarded(api, "/pets", backend.url + "/pets")
        api.deploy()
        root = Signer(strict.endpoint, aws.region, *key)
        assert root.get(api.path("/pets")).status == 200
        assert refusal(root.but(secret_key="guessed").get(api.path("/pets"))) == MISMATCH
        carol = Person(aws)
        expected = denied(carol.arn, shown(api, "/pets", account="111122223333"))
        assert refusal(carol.get(api.path("/pets"))) == expected
        assert expected[2]["Message"].endswith(f"us-west-2:********3333:{api.id}/test/GET/pets")
        assert refusal(wire.send(strict.endpoint, "GET", api.path("/pets"))) == MISSING
        assert len(backend.received) == 1
        assert json.loads(root.get(api.path("/pets")).body) == {"from": "backend"}
