"""Authorizer. Texts are as AWS's users report them unless said otherwise."""

import pytest

from harness.account import answer, bad_request, conflict, not_found, patch, refused, status

# Recorded from AWS.
INVALID = (
    "Invalid authorizer ID specified. "
    "Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer."
)
HEADER = "method.request.header.Authorization"


def uri(api):
    region = api.aws.region
    function = f"arn:aws:lambda:{region}:000000000000:function:auth"
    return f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations"


def pool(api, name="one"):
    return f"arn:aws:cognito-idp:{api.aws.region}:000000000000:userpool/{name}"


def token(api, **settings):
    given = {"name": "t", "type": "TOKEN", "authorizerUri": uri(api), "identitySource": HEADER, **settings}
    return api.client.create_authorizer(restApiId=api.id, **given)


def pools(api, **settings):
    given = {"name": "c", "type": "COGNITO_USER_POOLS", "providerARNs": [pool(api)], "identitySource": HEADER}
    return api.client.create_authorizer(restApiId=api.id, **{**given, **settings})


def at(api, made):
    return {"restApiId": api.id, "authorizerId": made["id"]}


def test_token_and_request(api):
    # Recorded from AWS.
    made = token(api)
    assert status(made) == 201
    expected = {"authType": "custom", "authorizerUri": uri(api), "identitySource": HEADER}
    assert answer(made) == {"id": made["id"], "name": "t", "type": "TOKEN", **expected}
    asked = token(api, name="r", type="REQUEST")
    assert answer(asked) == {
        "id": asked["id"],
        "name": "r",
        "type": "REQUEST",
        "authorizerResultTtlInSeconds": 300,
        **expected,
    }
    listed = api.client.get_authorizers(restApiId=api.id)["items"]
    assert sorted(item["id"] for item in listed) == sorted([made["id"], asked["id"]])
    assert answer(api.client.get_authorizer(**at(api, made))) == answer(made)
    assert status(api.client.delete_authorizer(**at(api, made))) == 202


def test_user_pools(api):
    made = pools(api)
    assert (made["authType"], made["providerARNs"]) == ("cognito_user_pools", [pool(api)])
    operations = [patch("add", "/providerARNs", pool(api, "two")), patch("remove", "/providerARNs", pool(api))]
    changed = api.client.update_authorizer(**at(api, made), patchOperations=operations)
    assert changed["providerARNs"] == [pool(api, "two")]


def test_everything_given_is_kept(api):
    given = {
        "authorizerCredentials": "arn:aws:iam::000000000000:role/invoke",
        "identityValidationExpression": "^Bearer .+$",
        "authorizerResultTtlInSeconds": 0,
        "authType": "oauth2",
    }
    made = token(api, **given)
    got = answer(api.client.get_authorizer(**at(api, made)))
    assert {key: got[key] for key in given} == given


def test_patches(api):
    made = token(api)
    operations = [
        patch("replace", "/name", "b"),
        patch("replace", "/authorizerResultTtlInSeconds", "60"),
        patch("replace", "/identityValidationExpression", "^a$"),
        patch("replace", "/type", "REQUEST"),
        patch("replace", "/identitySource", "method.request.querystring.a,context.stage"),
    ]
    changed = api.client.update_authorizer(**at(api, made), patchOperations=operations)
    assert answer(changed) == {
        **answer(made),
        "name": "b",
        "authorizerResultTtlInSeconds": 60,
        "identityValidationExpression": "^a$",
        "type": "REQUEST",
        "identitySource": "method.request.querystring.a,context.stage",
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"identitySource": "method.request.querystring.key"},
            "Invalid token source expression: method.request.querystring.key. The source must be a method request "
            "header, matching 'method.request.header.[a-zA-Z0-9._-]+'.",
        ),
        (
            {"authorizerUri": "arn:aws:lambda:us-east-1:000000000000:function:auth"},
            "Invalid Authorizer URI: arn:aws:lambda:us-east-1:000000000000:function:auth. Authorizer URI should be a "
            "valid API Gateway ARN that represents a Lambda function invocation.",
        ),
        ({"type": "REQUEST", "identitySource": ""}, "Invalid request input"),
        # Not recorded.
        ({"authorizerResultTtlInSeconds": 3601}, "Authorizer result TTL should be between 0 and 3600 seconds"),
        ({"identityValidationExpression": "("}, "Invalid regex pattern specified"),
    ],
)
def test_bad_authorizers(api, settings, message):
    with bad_request(message):
        token(api, **settings)


def test_names_are_unique(api):
    token(api)
    with bad_request("Authorizer name must be unique. Authorizer t already exists in this RestApi."):
        pools(api, name="t")


def test_ten_fit(api):
    for n in range(10):
        token(api, name=f"a{n}")
    with refused(
        429,
        "LimitExceededException",
        "Maximum number of Authorizers for this API has been reached. "
        "Please contact AWS if you need additional Authorizers.",
    ):
        token(api, name="more")


def test_methods_ask_authorizers_of_their_type(api):
    lambdas, cognito = token(api)["id"], pools(api)["id"]
    for kind, authorizer in [("CUSTOM", cognito), ("COGNITO_USER_POOLS", lambdas), ("CUSTOM", "abc123")]:
        with bad_request(INVALID):
            api.method("/test", authorizationType=kind, authorizerId=authorizer)
    made = api.method("/test", authorizationType="CUSTOM", authorizerId=lambdas)
    assert (made["authorizationType"], made["authorizerId"]) == ("CUSTOM", lambdas)
    with conflict("Cannot delete authorizer 't', is referenced in method: GET//test"):
        api.client.delete_authorizer(restApiId=api.id, authorizerId=lambdas)
    operations = [
        patch("replace", "/authorizationType", "COGNITO_USER_POOLS"),
        patch("replace", "/authorizerId", cognito),
        patch("add", "/authorizationScopes", "pets/read"),
    ]
    changed = api.client.update_method(**api.at("/test"), patchOperations=operations)
    assert (changed["authorizerId"], changed["authorizationScopes"]) == (cognito, ["pets/read"])
    api.client.delete_authorizer(restApiId=api.id, authorizerId=lambdas)


def test_a_method_whose_authorizer_cannot_be_asked_lets_nobody_in(api, call):
    header = token(api)["identitySource"].removeprefix("method.request.header.")
    [made] = api.client.get_authorizers(restApiId=api.id)["items"]
    api.mock("/test", body="{}", authorizationType="CUSTOM", authorizerId=made["id"])
    api.deploy()
    assert call("GET", api.path("/test")).status == 401
    # There is no such function.
    reply = call("GET", api.path("/test"), {header: "x"})
    assert (reply.status, reply.text) == (500, '{"message":null}')


def test_unknown_apis_and_authorizers(api):
    # Recorded from AWS, but for the last.
    with conflict("Unable to complete operation due to concurrent modification. Please try again later."):
        api.client.create_authorizer(
            restApiId="nothere123", name="t", type="TOKEN", authorizerUri=uri(api), identitySource=HEADER
        )
    with not_found("Invalid API identifier specified 000000000000:nothere123"):
        api.client.get_authorizers(restApiId="nothere123")
    with not_found("Invalid Authorizer identifier specified"):
        api.client.get_authorizer(restApiId=api.id, authorizerId="abc123")
