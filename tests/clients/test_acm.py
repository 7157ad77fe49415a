"""Certificate Manager: import, request, describe, get, list, tag, delete. Shapes: ACM API reference; texts: ACM's
answers as its users report them (re:Post, "Why can't I import my certificate into ACM?")."""

import datetime
import re

import pytest

from harness.account import ACCOUNT, answer, refused
from harness.certificates import imported, issued, make, rsa_key

NAME = "api.example.com"


def describe(aws, arn):
    return aws.acm.describe_certificate(CertificateArn=arn)["Certificate"]


def listed(aws, **filters):
    """The ARNs that are listed, with EC keys too."""
    includes = {"keyTypes": ["RSA_2048", "EC_prime256v1"], **filters.pop("Includes", {})}
    found = aws.acm.list_certificates(Includes=includes, **filters)["CertificateSummaryList"]
    return [summary["CertificateArn"] for summary in found]


def invalid(text):
    return refused(400, "ValidationException", text)


def unknown(arn):
    return refused(400, "ResourceNotFoundException", f"Could not find certificate {arn} in account {ACCOUNT}.")


def test_an_imported_certificate_is_described(aws):
    root = make(["root"], authority=True)
    made = make([NAME, "*.example.com"], key=rsa_key(), signer=root)
    given = aws.acm.import_certificate(
        Certificate=made.pem, PrivateKey=made.key_pem, CertificateChain=root.pem, Tags=[{"Key": "a", "Value": "1"}]
    )
    arn = given["CertificateArn"]
    assert answer(given) == {"CertificateArn": arn}
    assert re.fullmatch(rf"arn:aws:acm:{aws.region}:{ACCOUNT}:certificate/[0-9a-f-]{{36}}", arn)
    got = describe(aws, arn)
    for member in ("CreatedAt", "ImportedAt"):
        assert isinstance(got.pop(member), datetime.datetime)
    serial = f"{made.certificate.serial_number:x}"
    assert got.pop("Serial").replace(":", "").lstrip("0") == serial
    assert got == {
        "CertificateArn": arn,
        "DomainName": NAME,
        "SubjectAlternativeNames": [NAME, "*.example.com"],
        "Subject": f"CN={NAME}",
        "Issuer": "root",
        "Status": "ISSUED",
        "NotBefore": made.certificate.not_valid_before_utc,
        "NotAfter": made.certificate.not_valid_after_utc,
        "KeyAlgorithm": "RSA_2048",
        "SignatureAlgorithm": "SHA256WITHECDSA",
        "InUseBy": [],
        "Type": "IMPORTED",
        "KeyUsages": [{"Name": "ANY"}],
        "ExtendedKeyUsages": [{"Name": "TLS_WEB_SERVER_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.1"}],
        "RenewalEligibility": "INELIGIBLE",
        "Options": {"CertificateTransparencyLoggingPreference": "DISABLED"},
    }
    # The key never comes back.
    assert answer(aws.acm.get_certificate(CertificateArn=arn)) == {
        "Certificate": made.pem,
        "CertificateChain": root.pem,
    }


def test_what_cannot_be_served_with_is_not_imported(aws):
    made, other, root = make([NAME]), make([NAME]), make(["root"], authority=True)

    def check(text, certificate=made.pem, key=made.key_pem, **more):
        with invalid(text):
            aws.acm.import_certificate(Certificate=certificate, PrivateKey=key, **more)

    check(
        "The certificate field contains more than one certificate. You can specify only one certificate in this "
        "field.",
        certificate=made.pem + root.pem,
    )
    check("The certificate body/chain provided is not in a valid PEM format", certificate="hello")
    check("Your private key should not be encrypted.", key=made.encrypted_key_pem)
    check("The private key is not supported.", key="hello")
    check("Could not validate the certificate with the certificate chain.", CertificateChain=root.pem)
    signed = make([NAME], signer=root)
    for index, chain in enumerate((signed.pem, root.pem + other.pem)):
        check(
            "Unable to validate certificate chain. The certificate chain must start with the immediate signing "
            "certificate, followed by any intermediaries in order. The index within the chain of the invalid "
            f"certificate is: {index}",
            certificate=signed.pem,
            key=signed.key_pem,
            CertificateChain=chain,
        )
    check(
        "Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate or "
        "certificate chain.",
        certificate=signed.pem,
        key=signed.key_pem,
    )
    odd = make([NAME], key=rsa_key(2056))
    check(
        "The private key length 2056 is not supported for key algorithm.", certificate=odd.pem, key=odd.key_pem
    )
    # The rest is not recorded.
    check("The certificate and the private key do not match.", key=other.key_pem)
    for days, text in (
        ((-2, -1), "The certificate has expired, is not valid."),
        ((1, 2), "The certificate is not in effect yet, is not valid."),
    ):
        timed = make([NAME], days=days)
        check(text, certificate=timed.pem, key=timed.key_pem)
    assert listed(aws) == []


def test_a_certificate_is_replaced_under_its_arn(aws):
    arn = imported(aws, NAME)
    newer = make([NAME, "b.example.com"])
    again = aws.acm.import_certificate(CertificateArn=arn, Certificate=newer.pem, PrivateKey=newer.key_pem)
    assert answer(again) == {"CertificateArn": arn}
    assert describe(aws, arn)["SubjectAlternativeNames"] == [NAME, "b.example.com"]
    assert answer(aws.acm.get_certificate(CertificateArn=arn)) == {"Certificate": newer.pem}
    nowhere = arn[:-1] + ("0" if arn[-1] != "0" else "1")
    with refused(400, "ResourceNotFoundException", f"Could not find certificate {nowhere}."):
        aws.acm.import_certificate(CertificateArn=nowhere, Certificate=newer.pem, PrivateKey=newer.key_pem)


def test_a_requested_certificate_is_issued_at_once(aws):
    arn = aws.acm.request_certificate(
        DomainName=NAME,
        SubjectAlternativeNames=["*.example.com"],
        ValidationMethod="DNS",
        Options={"CertificateTransparencyLoggingPreference": "DISABLED"},
        Tags=[{"Key": "env", "Value": "demo"}],
    )["CertificateArn"]
    got = describe(aws, arn)
    assert (got["Status"], got["Type"], got["KeyAlgorithm"]) == ("ISSUED", "AMAZON_ISSUED", "RSA_2048")
    assert got["SubjectAlternativeNames"] == [NAME, "*.example.com"]
    assert got["NotAfter"] - got["NotBefore"] == datetime.timedelta(days=198)
    assert got["Options"] == {"CertificateTransparencyLoggingPreference": "DISABLED", "Export": "DISABLED"}
    assert {"CreatedAt", "IssuedAt", "Serial", "Subject", "Issuer", "SignatureAlgorithm"} <= got.keys()
    first, second = got["DomainValidationOptions"]
    record = first.pop("ResourceRecord")
    assert re.fullmatch(r"_[0-9a-f]{32}\.api\.example\.com\.", record["Name"])
    assert re.fullmatch(r"_[0-9a-f]{32}\.acm-validations\.aws\.", record["Value"])
    assert record["Type"] == "CNAME"
    assert first == {
        "DomainName": NAME,
        "ValidationDomain": NAME,
        "ValidationStatus": "SUCCESS",
        "ValidationMethod": "DNS",
    }
    assert second["ResourceRecord"]["Name"].endswith(".example.com.")
    certificate = aws.acm.get_certificate(CertificateArn=arn)
    assert certificate["Certificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE KEY" not in str(certificate)
    aws.acm.get_waiter("certificate_validated").wait(CertificateArn=arn)


def test_a_token_is_answered_once(aws):
    ask = {"DomainName": NAME, "IdempotencyToken": "t1", "KeyAlgorithm": "EC_prime256v1"}
    first = aws.acm.request_certificate(**ask)["CertificateArn"]
    assert aws.acm.request_certificate(**ask)["CertificateArn"] == first
    assert aws.acm.request_certificate(**{**ask, "IdempotencyToken": "t2"})["CertificateArn"] != first


def test_names_have_awss_form(aws):
    for name in ("example", "-a.example.com", "a..example.com", "*.*.example.com"):
        with invalid(re.compile(r"1 validation error detected: Value '.*' at 'domainName' failed to satisfy .*")):
            aws.acm.request_certificate(DomainName=name)
    with invalid(
        "The first domain name can be no longer than 64 characters. Additional domain names can be longer."
    ):
        aws.acm.request_certificate(DomainName=f"{'a' * 31}.{'b' * 29}.com")


def test_lists_are_filtered_and_paged(aws):
    made = [imported(aws, f"n{n}.example.com") for n in range(2)] + [issued(aws, "n3.example.com")]
    assert sorted(listed(aws)) == sorted(made)
    assert aws.acm.list_certificates()["CertificateSummaryList"] == []
    assert listed(aws, CertificateStatuses=["EXPIRED"]) == []
    assert listed(aws, Includes={"extendedKeyUsage": ["TLS_WEB_CLIENT_AUTHENTICATION"]}) == made[2:]
    pages = aws.acm.get_paginator("list_certificates").paginate(
        Includes={"keyTypes": ["EC_prime256v1"]}, PaginationConfig={"PageSize": 2}
    )
    pages = [[summary["CertificateArn"] for summary in page["CertificateSummaryList"]] for page in pages]
    assert [len(page) for page in pages] == [2, 1]
    assert sorted(sum(pages, [])) == sorted(made)
    with refused(400, "InvalidArgsException", "SortBy and SortOrder must be specified together."):
        aws.acm.list_certificates(SortBy="CREATED_AT")


def test_a_summary_has_every_member(aws):
    arn = issued(aws, NAME)
    [summary] = aws.acm.list_certificates(Includes={"keyTypes": ["EC_prime256v1"]})["CertificateSummaryList"]
    for member in ("NotBefore", "NotAfter", "CreatedAt", "IssuedAt"):
        assert isinstance(summary.pop(member), datetime.datetime)
    assert summary == {
        "CertificateArn": arn,
        "DomainName": NAME,
        "SubjectAlternativeNameSummaries": [NAME],
        "HasAdditionalSubjectAlternativeNames": False,
        "Status": "ISSUED",
        "Type": "AMAZON_ISSUED",
        "KeyAlgorithm": "EC_prime256v1",
        "KeyUsages": ["DIGITAL_SIGNATURE", "KEY_ENCIPHERMENT"],
        "ExtendedKeyUsages": ["TLS_WEB_SERVER_AUTHENTICATION", "TLS_WEB_CLIENT_AUTHENTICATION"],
        "ExportOption": "DISABLED",
        "InUse": False,
        "RenewalEligibility": "INELIGIBLE",
    }


def test_tags_are_added_and_removed(aws):
    arn = imported(aws, NAME)

    def tags():
        return aws.acm.list_tags_for_certificate(CertificateArn=arn)["Tags"]

    assert tags() == []
    aws.acm.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b"}])
    aws.acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": "a", "Value": "2"}])
    assert tags() == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]
    aws.acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": "a"}])
    assert tags() == [{"Key": "b", "Value": ""}]
    with refused(
        400,
        "InvalidTagException",
        "Invalid tag key 'aws:x'. Tag keys that start with 'aws:' are reserved for AWS use.",
    ):
        aws.acm.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "aws:x"}])
    with refused(400, "TooManyTagsException", "A resource can have at most 50 tags."):
        aws.acm.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": str(n)} for n in range(50)])


def test_options_change(aws):
    arn = issued(aws, NAME)
    options = {"CertificateTransparencyLoggingPreference": "DISABLED"}
    aws.acm.update_certificate_options(CertificateArn=arn, Options=options)
    assert describe(aws, arn)["Options"] == {**options, "Export": "DISABLED"}
    own = imported(aws, NAME)
    with refused(400, "InvalidStateException", f"The options of the imported certificate {own} are fixed."):
        aws.acm.update_certificate_options(CertificateArn=own, Options=options)


def test_a_certificate_in_use_stays(aws):
    arn = issued(aws, NAME)
    aws.apigateway.create_domain_name(
        domainName=f"{aws.region}.example.com",
        regionalCertificateArn=(used := issued(aws, f"{aws.region}.example.com")),
        endpointConfiguration={"types": ["REGIONAL"]},
    )
    user = aws.arn(f"/domainnames/{aws.region}.example.com")
    assert describe(aws, used)["InUseBy"] == [user]
    with refused(400, "ResourceInUseException", f"Certificate {used} in account {ACCOUNT} is in use."):
        aws.acm.delete_certificate(CertificateArn=used)
    aws.apigateway.delete_domain_name(domainName=f"{aws.region}.example.com")
    for gone in (arn, used):
        aws.acm.delete_certificate(CertificateArn=gone)
        for call in (aws.acm.describe_certificate, aws.acm.get_certificate, aws.acm.delete_certificate):
            with unknown(gone):
                call(CertificateArn=gone)


def test_regions_have_their_own_certificates(aws):
    arn = imported(aws, NAME)
    assert listed(aws.elsewhere()) == []
    with unknown(arn):
        aws.elsewhere().acm.describe_certificate(CertificateArn=arn)


@pytest.mark.parametrize("arn", ["nothing", "arn:aws:acm:us-east-1:000000000000:certificate"])
def test_what_is_no_certificate_has_none(aws, arn):
    expected = (
        invalid(re.compile(r"(1|2) validation errors? detected: Value 'nothing' at 'certificateArn' failed .*"))
        if arn == "nothing"
        else unknown(arn)
    )
    with expected:
        aws.acm.describe_certificate(CertificateArn=arn)
