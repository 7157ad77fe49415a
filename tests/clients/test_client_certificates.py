"""ClientCertificate. API Gateway developer guide, "Generate and configure an SSL certificate for backend
authentication". The texts are not recorded."""

import datetime
import ssl

import pytest

from harness.account import bad_request, not_found, patch, status

UNKNOWN = "Invalid Client Certificate identifier specified"


@pytest.fixture
def certificate(apigateway):
    made = apigateway.generate_client_certificate(description="for us", tags={"env": "demo"})
    assert status(made) == 201
    del made["ResponseMetadata"]
    return made


def test_a_certificate_is_a_real_one_for_a_year(apigateway, certificate):
    assert certificate.keys() == {
        "clientCertificateId",
        "description",
        "pemEncodedCertificate",
        "createdDate",
        "expirationDate",
        "tags",
    }
    assert certificate["expirationDate"] - certificate["createdDate"] == datetime.timedelta(days=365)
    der = ssl.PEM_cert_to_DER_cert(certificate["pemEncodedCertificate"])
    assert b"ApiGateway" in der
    trust = ssl.create_default_context(cadata=certificate["pemEncodedCertificate"])
    assert trust.cert_store_stats()["x509"] >= 1
    got = apigateway.get_client_certificate(clientCertificateId=certificate["clientCertificateId"])
    del got["ResponseMetadata"]
    assert got == certificate
    assert apigateway.get_client_certificates()["items"] == [certificate]


def test_no_two_are_the_same(apigateway, certificate):
    assert apigateway.generate_client_certificate()["pemEncodedCertificate"] != certificate["pemEncodedCertificate"]


def test_description_and_tags_change(aws, apigateway, certificate):
    place = {"clientCertificateId": certificate["clientCertificateId"]}
    changed = apigateway.update_client_certificate(**place, patchOperations=[patch("replace", "/description", "d")])
    assert changed["description"] == "d"
    arn = aws.arn(f"/clientcertificates/{place['clientCertificateId']}")
    apigateway.tag_resource(resourceArn=arn, tags={"a": "1"})
    apigateway.untag_resource(resourceArn=arn, tagKeys=["env"])
    assert apigateway.get_client_certificate(**place)["tags"] == {"a": "1"}


def test_one_in_use_stays(apigateway, api, certificate):
    place = {"clientCertificateId": certificate["clientCertificateId"]}
    api.mock("/")
    api.deploy("dev")
    stage = {"restApiId": api.id, "stageName": "dev"}

    def use(value):
        operations = [patch("replace", "/clientCertificateId", value)]
        return apigateway.update_stage(**stage, patchOperations=operations)

    with not_found(UNKNOWN):
        use("abc123")
    assert use(place["clientCertificateId"])["clientCertificateId"] == place["clientCertificateId"]
    with bad_request("Active stages using this client certificate must be updated or deleted"):
        apigateway.delete_client_certificate(**place)
    assert "clientCertificateId" not in use("")
    assert status(apigateway.delete_client_certificate(**place)) == 202
    with not_found(UNKNOWN):
        apigateway.get_client_certificate(**place)
