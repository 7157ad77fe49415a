//! Tests of VPCs, subnets and security groups. Codes: EC2 API reference, "Error codes for the Amazon
//! EC2 API"; texts as reports of AWS's users show them.

use serde_json::{Value, json};

use crate::test_frame::{ACCOUNT, Frame, OTHER_ACCOUNT, REGION, text, with};

fn vpc(frame: &Frame) -> String {
    text(&frame.ok("ec2:CreateVpc", json!({"CidrBlock": "10.0.0.0/16"}))["Vpc"], "VpcId")
}

fn subnet(frame: &Frame, vpc: &str, cidr: &str) -> String {
    text(&frame.ok("ec2:CreateSubnet", json!({"VpcId": vpc, "CidrBlock": cidr}))["Subnet"], "SubnetId")
}

fn group(frame: &Frame, vpc: &str, name: &str) -> String {
    let input = json!({"VpcId": vpc, "GroupName": name, "Description": "d"});
    text(&frame.ok("ec2:CreateSecurityGroup", input), "GroupId")
}

fn by(name: &str, value: &str) -> Value {
    json!([{"Name": name, "Values": [value]}])
}

#[test]
fn a_vpc_comes_with_its_table_its_acl_and_its_group() {
    let frame = Frame::new();
    let tags = json!([{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": "1"}]}]);
    let created = frame.ok("ec2:CreateVpc", json!({"CidrBlock": "10.0.9.9/16", "TagSpecifications": tags}));
    let id = text(&created["Vpc"], "VpcId");
    assert_eq!((id.len(), &id[..4]), (21, "vpc-"));
    assert_eq!(created["Vpc"]["State"], "pending");
    let described = frame.ok("ec2:DescribeVpcs", json!({"VpcIds": [id]}));
    let told = &described["Vpcs"][0];
    assert_eq!((&told["State"], &told["CidrBlock"]), (&json!("available"), &json!("10.0.0.0/16")));
    assert_eq!((&told["InstanceTenancy"], &told["OwnerId"]), (&json!("default"), &json!(ACCOUNT)));
    assert_eq!(told["Tags"], json!([{"Key": "a", "Value": "1"}]));
    for (operation, list, filters) in [
        ("ec2:DescribeRouteTables", "RouteTables", by("association.main", "true")),
        ("ec2:DescribeNetworkAcls", "NetworkAcls", by("default", "true")),
        ("ec2:DescribeSecurityGroups", "SecurityGroups", by("group-name", "default")),
    ] {
        let told = frame.ok(operation, json!({"Filters": filters}));
        assert_eq!(
            (told[list].as_array().unwrap().len(), &told[list][0]["VpcId"]),
            (1, &json!(id)),
            "{operation}"
        );
    }
    frame.ok("ec2:DeleteVpc", json!({"VpcId": id}));
    assert_eq!(frame.ok("ec2:DescribeSecurityGroups", json!({}))["SecurityGroups"], json!([]));
    assert_eq!(
        frame.refused("ec2:DeleteVpc", json!({"VpcId": id})),
        format!("400 InvalidVpcID.NotFound \"The vpc ID '{id}' does not exist\"")
    );
}

#[test]
fn attributes_of_a_vpc_are_kept() {
    let frame = Frame::new();
    let id = vpc(&frame);
    let told = |name: &str, member: &str| {
        frame.ok("ec2:DescribeVpcAttribute", json!({"VpcId": id, "Attribute": name}))[member]["Value"].clone()
    };
    assert_eq!(told("enableDnsSupport", "EnableDnsSupport"), true);
    assert_eq!(told("enableDnsHostnames", "EnableDnsHostnames"), false);
    frame.ok("ec2:ModifyVpcAttribute", json!({"VpcId": id, "EnableDnsHostnames": {"Value": true}}));
    assert_eq!(told("enableDnsHostnames", "EnableDnsHostnames"), true);
    assert_eq!(told("enableDnsSupport", "EnableDnsSupport"), true);
}

#[test]
fn ranges_lie_in_each_other_and_do_not_meet() {
    let frame = Frame::new();
    for (cidr, code) in [("10.0.0.0/15", "InvalidVpc.Range"), ("10.0.0.0", "InvalidParameterValue")] {
        assert!(
            frame.refused("ec2:CreateVpc", json!({"CidrBlock": cidr})).starts_with(&format!("400 {code} "))
        );
    }
    let id = vpc(&frame);
    subnet(&frame, &id, "10.0.1.0/24");
    for (cidr, code) in [
        ("10.0.1.128/25", "InvalidSubnet.Conflict"),
        ("10.1.0.0/24", "InvalidSubnet.Range"),
        ("10.0.0.0/29", "InvalidSubnet.Range"),
    ] {
        let refused = frame.refused("ec2:CreateSubnet", json!({"VpcId": id, "CidrBlock": cidr}));
        assert!(refused.starts_with(&format!("400 {code} ")), "{cidr}: {refused}");
    }
    subnet(&frame, &id, "10.0.2.0/28");
}

#[test]
fn a_subnet_lies_in_a_zone_of_its_region() {
    let frame = Frame::new();
    let id = vpc(&frame);
    let input = json!({"VpcId": id, "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "us-east-1b"});
    let made = frame.ok("ec2:CreateSubnet", input.clone())["Subnet"].clone();
    assert_eq!(
        (&made["AvailabilityZone"], &made["AvailabilityZoneId"]),
        (&json!("us-east-1b"), &json!("us-east-1-az2"))
    );
    assert_eq!(made["AvailableIpAddressCount"], 251);
    let elsewhere = with(input, json!({"AvailabilityZone": "eu-west-1a", "CidrBlock": "10.0.2.0/24"}));
    assert!(frame.refused("ec2:CreateSubnet", elsewhere).starts_with("400 InvalidParameterValue "));
    let subnet = text(&made, "SubnetId");
    frame
        .ok("ec2:ModifySubnetAttribute", json!({"SubnetId": subnet, "MapPublicIpOnLaunch": {"Value": true}}));
    let told = frame.ok("ec2:DescribeSubnets", json!({"Filters": by("vpc-id", &id)}));
    assert_eq!(told["Subnets"][0]["MapPublicIpOnLaunch"], true);
}

#[test]
fn what_is_used_stays() {
    let frame = Frame::new();
    let id = vpc(&frame);
    let subnet = subnet(&frame, &id, "10.0.1.0/24");
    let (one, other) = (group(&frame, &id, "one"), group(&frame, &id, "other"));
    let in_use =
        format!("400 DependencyViolation \"The vpc '{id}' has dependencies and cannot be deleted.\"");
    assert_eq!(frame.refused("ec2:DeleteVpc", json!({"VpcId": id})), in_use);
    frame.ok("ec2:DeleteSubnet", json!({"SubnetId": subnet}));
    assert_eq!(frame.refused("ec2:DeleteVpc", json!({"VpcId": id})), in_use);
    let permission =
        json!([{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "UserIdGroupPairs": [{"GroupId": one}]}]);
    let rule = json!({"GroupId": other, "IpPermissions": permission});
    frame.ok("ec2:AuthorizeSecurityGroupIngress", rule.clone());
    assert_eq!(
        frame.refused("ec2:DeleteSecurityGroup", json!({"GroupId": one})),
        format!("400 DependencyViolation \"resource {one} has a dependent object\"")
    );
    frame.ok("ec2:RevokeSecurityGroupIngress", rule);
    for group in [one, other] {
        frame.ok("ec2:DeleteSecurityGroup", json!({"GroupId": group}));
    }
    frame.ok("ec2:DeleteVpc", json!({"VpcId": id}));
}

#[test]
fn rules_are_joined_by_their_ports_and_revoked_one_by_one() {
    let frame = Frame::new();
    let id = vpc(&frame);
    let group = group(&frame, &id, "g");
    let told = |member: &str| {
        frame.ok("ec2:DescribeSecurityGroups", json!({"GroupIds": [group]}))["SecurityGroups"][0][member]
            .clone()
    };
    let ranges = |cidrs: &[&str]| cidrs.iter().map(|cidr| json!({"CidrIp": cidr})).collect::<Vec<_>>();
    assert_eq!(
        told("IpPermissionsEgress"),
        json!([{"IpProtocol": "-1", "IpRanges": ranges(&["0.0.0.0/0"])}])
    );
    let out = json!([{"IpProtocol": "-1", "FromPort": 0, "ToPort": 0, "IpRanges": ranges(&["0.0.0.0/0"])}]);
    frame.ok("ec2:RevokeSecurityGroupEgress", json!({"GroupId": group, "IpPermissions": out}));
    assert_eq!(told("IpPermissionsEgress"), json!([]));
    let https = |cidrs: &[&str]| {
        let permission =
            json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": ranges(cidrs)});
        json!({"GroupId": group, "IpPermissions": [permission]})
    };
    frame.ok("ec2:AuthorizeSecurityGroupIngress", https(&["10.0.0.0/8"]));
    frame.ok("ec2:AuthorizeSecurityGroupIngress", https(&["11.0.0.0/8", "12.0.0.0/8"]));
    let all = https(&["10.0.0.0/8", "11.0.0.0/8", "12.0.0.0/8"]);
    assert_eq!(told("IpPermissions"), all["IpPermissions"]);
    assert_eq!(
        frame.refused("ec2:AuthorizeSecurityGroupIngress", https(&["11.0.0.0/8"])),
        "400 InvalidPermission.Duplicate \"the specified rule already exists\""
    );
    frame.ok("ec2:RevokeSecurityGroupIngress", https(&["10.0.0.0/8", "12.0.0.0/8"]));
    assert_eq!(told("IpPermissions"), https(&["11.0.0.0/8"])["IpPermissions"]);
    assert_eq!(
        frame.refused("ec2:RevokeSecurityGroupIngress", https(&["10.0.0.0/8"])),
        "400 InvalidPermission.NotFound \"The specified rule does not exist in this security group.\""
    );
}

#[test]
fn tags_come_and_go() {
    let frame = Frame::new();
    let id = vpc(&frame);
    let told = || frame.ok("ec2:DescribeVpcs", json!({}))["Vpcs"][0]["Tags"].clone();
    let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
    frame.ok("ec2:CreateTags", json!({"Resources": [id], "Tags": [tag("a", "1"), tag("b", "2")]}));
    frame.ok("ec2:CreateTags", json!({"Resources": [id], "Tags": [tag("a", "3")]}));
    assert_eq!(told(), json!([tag("b", "2"), tag("a", "3")]));
    let found = |name: &str, value: &str| {
        frame.ok("ec2:DescribeVpcs", json!({"Filters": by(name, value)}))["Vpcs"].as_array().unwrap().len()
    };
    assert_eq!([found("tag:a", "3"), found("tag:a", "1"), found("tag-key", "b")], [1, 0, 1]);
    frame.ok("ec2:DeleteTags", json!({"Resources": [id], "Tags": [tag("a", "other"), {"Key": "b"}]}));
    assert_eq!(told(), json!([tag("a", "3")]));
    assert_eq!(
        frame.refused("ec2:CreateTags", json!({"Resources": ["vpc-none"], "Tags": []})),
        "400 InvalidID \"The ID 'vpc-none' is not valid\""
    );
    assert_eq!(
        frame.refused("ec2:DescribeVpcs", json!({"Filters": by("colour", "red")})),
        "400 InvalidParameterValue \"The filter 'colour' is invalid\""
    );
}

#[test]
fn accounts_and_regions_have_networks_of_their_own() {
    let frame = Frame::new();
    let id = vpc(&frame);
    for other in [frame.in_scope(OTHER_ACCOUNT, REGION), frame.in_scope(ACCOUNT, "eu-west-1")] {
        assert_eq!(other.ok("ec2:DescribeVpcs", json!({}))["Vpcs"], json!([]));
        assert!(
            other.refused("ec2:DeleteVpc", json!({"VpcId": id})).starts_with("400 InvalidVpcID.NotFound")
        );
    }
}
