"""`auth = "strict"`: signatures are verified, accounts are apart, and nobody gets in without a key."""

import json

import botocore
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.session
import pytest

from harness import wire
from harness.account import Aws, refused
from harness.definitions import RestApi
from harness.models import method_name, smallest
from harness.process import Gateway, run

ROOT = ("AKIAROOTROOTROOTROOT", "root-secret-root-secret-root-secret-root")
ACCOUNT = "111111111111"
REGION = "us-strict-1"


def configuration(folder, account=ACCOUNT):
    path = folder / f"{account}.toml"
    path.write_text(
        f'auth = "strict"\n\n[root]\naccount = "{account}"\n'
        f'access_key_id = "{ROOT[0]}"\nsecret_access_key = "{ROOT[1]}"\n'
    )
    return path


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    with Gateway("--ephemeral", "--config", configuration(tmp_path_factory.mktemp("strict"))) as running:
        yield running


@pytest.fixture
def root(strict):
    return Aws(strict.endpoint, REGION, *ROOT)


def test_the_root_is_its_account(root):
    got = root.sts.get_caller_identity()
    assert (got["Account"], got["Arn"]) == (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root")


def test_a_wrong_secret_is_refused(root):
    thief = root.as_key(ROOT[0], "guessed")
    with refused(
        403,
        "InvalidSignatureException",
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details.",
    ):
        thief.apigateway.get_rest_apis()


def test_an_unknown_key_is_refused(root):
    stranger = root.as_key("AKIANOBODYNOBODYNOBO", "x")
    with refused(403, "UnrecognizedClientException", "The security token included in the request is invalid."):
        stranger.apigateway.get_rest_apis()


def test_a_users_key_opens_until_it_is_deleted(root):
    root.iam.create_user(UserName="ada")
    root.iam.attach_user_policy(
        UserName="ada", PolicyArn="arn:aws:iam::aws:policy/AmazonAPIGatewayAdministrator"
    )
    key = root.iam.create_access_key(UserName="ada")["AccessKey"]
    ada = root.as_key(key["AccessKeyId"], key["SecretAccessKey"])
    assert ada.sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/ada"
    assert "items" in ada.apigateway.get_rest_apis()
    root.iam.delete_access_key(UserName="ada", AccessKeyId=key["AccessKeyId"])
    with pytest.raises(ada.apigateway.exceptions.ClientError) as caught:
        ada.apigateway.get_rest_apis()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_changed_body_is_noticed(root):
    """Signed for one body, sent with another."""
    request = botocore.awsrequest.AWSRequest(
        "POST", root.endpoint + "/restapis", {"Content-Type": "application/json"}, b'{"name": "mine"}'
    )
    botocore.auth.SigV4Auth(botocore.credentials.Credentials(*ROOT), "apigateway", REGION).add_auth(request)
    reply = wire.send(root.endpoint, "POST", "/restapis", list(request.headers.items()), b'{"name": "ours"}')
    assert reply.status == 403
    assert reply.header("x-amzn-ErrorType") == "InvalidSignatureException"
    assert "mine" not in str(root.apigateway.get_rest_apis()["items"])


@pytest.mark.parametrize("missing", ["Signature", "SignedHeaders", "Credential"])
def test_a_signature_with_a_part_missing(root, missing):
    parts = {
        "Credential": f"{ROOT[0]}/20260101/{REGION}/apigateway/aws4_request",
        "SignedHeaders": "host",
        "Signature": "0" * 64,
    }
    given = ", ".join(f"{name}={value}" for name, value in parts.items() if name != missing)
    reply = wire.send(root.endpoint, "GET", "/restapis", {"Authorization": f"AWS4-HMAC-SHA256 {given}"})
    assert reply.status == 403
    assert reply.header("x-amzn-ErrorType") == "IncompleteSignatureException"


def test_traffic_needs_no_key(root):
    api = RestApi(root)
    api.mock("/", body="open")
    api.deploy()
    assert wire.send(root.endpoint, "GET", api.path("/")).text == "open"


def test_accounts_never_see_each_others_things(tmp_path):
    data = tmp_path / "data"
    with Gateway("--data-dir", data, "--config", configuration(tmp_path)) as gateway:
        first = Aws(gateway.endpoint, REGION, *ROOT)
        api = first.apigateway.create_rest_api(name="hidden")["id"]
        first.iam.create_user(UserName="ada")
        first.logs.create_log_group(logGroupName="/hidden")
    with Gateway("--data-dir", data, "--config", configuration(tmp_path, "222222222222")) as gateway:
        second = Aws(gateway.endpoint, REGION, *ROOT)
        assert second.sts.get_caller_identity()["Account"] == "222222222222"
        assert second.apigateway.get_rest_apis()["items"] == []
        with refused(404, "NotFoundException", f"Invalid API identifier specified 222222222222:{api}"):
            second.apigateway.delete_rest_api(restApiId=api)
        assert second.iam.list_users()["Users"] == []
        assert second.logs.describe_log_groups()["logGroups"] == []
    with Gateway("--data-dir", data, "--config", configuration(tmp_path)) as gateway:
        [kept] = Aws(gateway.endpoint, REGION, *ROOT).apigateway.get_rest_apis()["items"]
        assert kept["id"] == api


def shut_out(response):
    """Whether the answer is a refusal for want of a key, in any service's words."""
    # Services that speak JSON 1.1 answer these with 400, EC2 with 401.
    return response["ResponseMetadata"]["HTTPStatusCode"] in (400, 401, 403) and response["Error"]["Code"] in (
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        # EC2's word for both (EC2 API reference, "Error codes").
        "AuthFailure",
    )


class TestAccessCoverage:
    """Every operation of every service is refused to who has not signed, or not with a known key."""

    @pytest.mark.parametrize(
        ("key", "secret"),
        [(None, None), ("AKIANOBODYNOBODYNOBO", "x"), (ROOT[0], "guessed")],
        ids=["unsigned", "unknown-key", "wrong-secret"],
    )
    def test_nobody_gets_in(self, strict, key, secret):
        session = botocore.session.Session()
        let_in, count = [], 0
        for service in json.loads(run("operations", "--json").stdout)["services"]:
            client = session.create_client(
                service["service"],
                endpoint_url=strict.endpoint,
                region_name=REGION,
                aws_access_key_id=key or "x",
                aws_secret_access_key=secret or "x",
                config=botocore.config.Config(
                    parameter_validation=False,
                    retries={"total_max_attempts": 1},
                    **({} if key else {"signature_version": botocore.UNSIGNED}),
                ),
            )
            for operation in service["operations"]:
                shape = client.meta.service_model.operation_model(operation["name"]).input_shape
                count += 1
                try:
                    getattr(client, method_name(client, operation["name"]))(**(smallest(shape) if shape else {}))
                    let_in.append((service["service"], operation["name"], "answered"))
                except client.exceptions.ClientError as refusal:
                    if not shut_out(refusal.response):
                        let_in.append((service["service"], operation["name"], refusal.response))
        assert let_in == []
        assert count > 300
