"""VPCs, subnets and security groups, as far as VPC links need them. Codes: EC2 API reference, "Error codes for the
Amazon EC2 API"."""

import re

import pytest

from harness.account import refused


@pytest.fixture
def ec2(aws):
    return aws.client("ec2")


@pytest.fixture
def vpc(ec2):
    return ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


def by(name, *values):
    return [{"Name": name, "Values": list(values)}]


def test_a_vpc_is_made_described_and_deleted(ec2):
    tags = [{"Key": "Name", "Value": "main"}]
    made = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}])["Vpc"]
    assert made["State"] == "pending"
    (told,) = ec2.describe_vpcs(VpcIds=[made["VpcId"]])["Vpcs"]
    assert told == {**made, "State": "available"}
    assert told["Tags"] == tags
    assert ec2.describe_vpcs(Filters=by("tag:Name", "main"))["Vpcs"] == [told]
    assert ec2.describe_vpcs(Filters=by("tag:Name", "other"))["Vpcs"] == []
    ec2.delete_vpc(VpcId=made["VpcId"])
    with refused(400, "InvalidVpcID.NotFound", f"The vpc ID '{made['VpcId']}' does not exist"):
        ec2.describe_vpcs(VpcIds=[made["VpcId"]])


def test_attributes_are_changed(ec2, vpc):
    def hostnames():
        return ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"]

    assert hostnames() is False
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    assert hostnames() is True


def test_subnets_lie_in_their_vpc(ec2, vpc):
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]
    assert ec2.describe_subnets(Filters=by("vpc-id", vpc))["Subnets"] == [subnet]
    with refused(400, "InvalidSubnet.Conflict", "The CIDR '10.0.1.0/25' conflicts with another subnet"):
        ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/25")
    with refused(400, "InvalidSubnet.Range", "The CIDR '10.1.0.0/24' is invalid."):
        ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24")
    with refused(400, "DependencyViolation", f"The vpc '{vpc}' has dependencies and cannot be deleted."):
        ec2.delete_vpc(VpcId=vpc)
    ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    ec2.delete_vpc(VpcId=vpc)


def test_rules_of_groups_come_and_go(ec2, vpc):
    group = ec2.create_security_group(VpcId=vpc, GroupName="web", Description="d")["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}

    def told():
        return ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]

    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    (found,) = told()["IpPermissions"]
    assert (found["FromPort"], found["IpRanges"]) == (443, rule["IpRanges"])
    with refused(400, "InvalidPermission.Duplicate", re.compile(".*already exists")):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[rule])
    assert told().get("IpPermissions", []) == []
    ec2.delete_security_group(GroupId=group)
    with refused(400, "InvalidGroup.NotFound", f"The security group '{group}' does not exist"):
        ec2.describe_security_groups(GroupIds=[group])
