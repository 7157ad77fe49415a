"""Certificates, domain names, base path mappings and access associations: from nothing to a change to nothing.

terraform looks for the first time a minute after it has changed a domain name, so the change takes that long."""

import re

import pytest

from harness.certificates import make, rsa_key


@pytest.fixture
def pems():
    """Variables: a certificate with its chain and its key."""
    root = make(["root"], authority=True)
    middle = make(["middle"], signer=root, authority=True)
    made = make(["api.example.com", "uploaded.example.com"], key=rsa_key(), signer=middle)
    return {"certificate": made.pem, "chain": middle.pem + root.pem, "private_key": made.key_pem}


def test_the_whole_life(terraform, pems):
    names = terraform("domain_names", grown="false", validated="true", **pems)
    names.init()
    names.apply()
    assert names.plans_no_change()
    regional, zone, edge, edge_zone, moving = names.output("addresses")
    assert re.fullmatch(r"d-[a-z0-9]{10}\.execute-api\.us-west-2\.amazonaws\.com", regional)
    assert (zone, edge_zone) == ("Z2OJLYMUO9EFXC", "Z2FDTNDATAQYW2")
    assert edge.endswith(".cloudfront.net") and moving.endswith(".cloudfront.net")
    arn, domain_id = names.output("private")
    assert arn == f"arn:aws:apigateway:us-west-2:000000000000:/domainnames/private.example.com+{domain_id}"
    assert names.output("certificates") == ["IMPORTED", "ISSUED", "2", "found"]
    names.variables.update(grown="true", validated="false")
    names.apply()
    assert names.plans_no_change()
    again = names.output("addresses")
    assert again[:4] == [regional, zone, edge, edge_zone]
    assert again[4].endswith(".execute-api.us-west-2.amazonaws.com")
    assert names.imports_everything()
    names.destroy()


def test_what_cannot_be_read_back(terraform, pems):
    uploaded = terraform("certificates", name="mine", **pems)
    uploaded.init()
    uploaded.apply()
    assert uploaded.plans_no_change()
    address, date = uploaded.output("address")
    assert address.endswith(".cloudfront.net")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", date)
    assert uploaded.output("read") == [address, "mine"]
    uploaded.variables["name"] = "renamed"
    uploaded.apply()
    assert uploaded.plans_no_change()
    boxes = ("administrator", "webmaster", "hostmaster", "postmaster", "admin")
    assert uploaded.output("mails") == [f"{box}@example.com" for box in boxes]
    uploaded.resources()
    uploaded.destroy()
