//! Security groups of VPCs and their rules. Each of a group's permissions is kept with one source, so
//! that rules can be compared and revoked one by one; answers join those of the same ports, as EC2's do.

use api::ec2::operations as op;
use api::ec2::{
    AuthorizeSecurityGroupEgressRequest, AuthorizeSecurityGroupEgressResult,
    AuthorizeSecurityGroupIngressRequest, AuthorizeSecurityGroupIngressResult, CreateSecurityGroupRequest,
    CreateSecurityGroupResult, DeleteSecurityGroupRequest, DeleteSecurityGroupResult,
    DescribeSecurityGroupsRequest, DescribeSecurityGroupsResult, IpPermission, IpRange,
    RevokeSecurityGroupEgressRequest, RevokeSecurityGroupEgressResult, RevokeSecurityGroupIngressRequest,
    RevokeSecurityGroupIngressResult, SecurityGroup,
};
use documents::ec2::SecurityGroupDocument;
use store::Key;

use super::filters::{one, passes};
use super::refusals::{
    default_group, duplicate_group, duplicate_permission, group_in_use, invalid_parameter, missing_parameter,
    unbuilt, unknown_group, unknown_permission,
};
use super::{id, tags, vpcs};
use crate::services::elbv2;
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateSecurityGroup, create_security_group)
        .read(op::DescribeSecurityGroups, describe_security_groups)
        .write(op::AuthorizeSecurityGroupIngress, authorize_ingress)
        .write(op::AuthorizeSecurityGroupEgress, authorize_egress)
        .write(op::RevokeSecurityGroupIngress, revoke_ingress)
        .write(op::RevokeSecurityGroupEgress, revoke_egress)
        .write(op::DeleteSecurityGroup, delete_security_group);
}

/// What EC2 names the group that comes with a VPC.
const DEFAULT: &str = "default";

fn create_security_group(
    call: &mut Call<'_, '_>,
    input: &CreateSecurityGroupRequest,
) -> Outcome<CreateSecurityGroupResult> {
    // There is no default VPC that could be meant.
    let vpc_id = input.vpc_id.as_deref().ok_or_else(|| missing_parameter("vpcId"))?;
    vpcs::find(call, vpc_id)?;
    let name = &input.group_name;
    if name == DEFAULT || name.starts_with("sg-") || name.chars().count() > 255 || name.is_empty() {
        return Err(invalid_parameter(format!("Invalid value '{name}' for groupName")));
    }
    let is_taken = |other: &SecurityGroup| {
        other.vpc_id.as_deref() == Some(vpc_id) && other.group_name.as_ref() == Some(name)
    };
    if all(call)?.iter().any(is_taken) {
        return Err(duplicate_group(name, vpc_id));
    }
    let mut group = new(call, vpc_id, name, &input.description);
    group.tags = tags::given(input.tag_specifications.as_deref(), "security-group")?;
    put(call, &group)?;
    Ok(CreateSecurityGroupResult {
        group_id: group.group_id,
        tags: group.tags,
        security_group_arn: group.security_group_arn,
    })
}

/// Makes the group that comes with a VPC: its members reach each other.
pub(super) fn put_default(call: &mut Call<'_, '_>, vpc_id: &str) -> Outcome<()> {
    let mut group = new(call, vpc_id, DEFAULT, "default VPC security group");
    let members = api::ec2::UserIdGroupPair {
        group_id: group.group_id.clone(),
        user_id: group.owner_id.clone(),
        ..api::ec2::UserIdGroupPair::default()
    };
    let all = IpPermission { user_id_group_pairs: Some(vec![members]), ..everything() };
    group.ip_permissions = Some(vec![all]);
    put(call, &group)
}

/// Whether a group came with its VPC.
pub(super) fn is_default(group: &SecurityGroup) -> bool {
    group.group_name.as_deref() == Some(DEFAULT)
}

/// A group that lets everything out (VPC user guide, "Security group rules").
fn new(call: &Call<'_, '_>, vpc_id: &str, name: &str, description: &str) -> SecurityGroup {
    let (region, account) = (call.scope().region(), call.scope().account());
    let group_id = id(&call.plane.random, "sg");
    let anywhere = IpRange { cidr_ip: Some("0.0.0.0/0".to_owned()), ..IpRange::default() };
    SecurityGroup {
        security_group_arn: Some(format!("arn:aws:ec2:{region}:{account}:security-group/{group_id}")),
        group_id: Some(group_id),
        ip_permissions_egress: Some(vec![IpPermission { ip_ranges: Some(vec![anywhere]), ..everything() }]),
        vpc_id: Some(vpc_id.to_owned()),
        owner_id: Some(account.to_owned()),
        group_name: Some(name.to_owned()),
        description: Some(description.to_owned()),
        ip_permissions: Some(Vec::new()),
        ..SecurityGroup::default()
    }
}

/// All protocols and ports, from nowhere yet.
fn everything() -> IpPermission {
    IpPermission { ip_protocol: Some("-1".to_owned()), ..IpPermission::default() }
}

fn describe_security_groups(
    call: &mut Call<'_, '_>,
    input: &DescribeSecurityGroupsRequest,
) -> Outcome<DescribeSecurityGroupsResult> {
    if input.group_names.as_ref().is_some_and(|names| !names.is_empty()) {
        return Err(invalid_parameter("Group names can be used with a default VPC only"));
    }
    let asked = match input.group_ids.as_deref().filter(|ids| !ids.is_empty()) {
        Some(ids) => ids.iter().map(|id| find(call, id)).collect::<Outcome<Vec<_>>>()?,
        None => all(call)?,
    };
    let mut groups = Vec::new();
    for group in asked {
        let passes = passes(input.filters.as_deref(), group.tags.as_deref(), |name| match name {
            "group-id" => one(group.group_id.as_deref()),
            "group-name" => one(group.group_name.as_deref()),
            "vpc-id" => one(group.vpc_id.as_deref()),
            "description" => one(group.description.as_deref()),
            "owner-id" => one(group.owner_id.as_deref()),
            _ => None,
        })?;
        if passes {
            groups.push(shown(group));
        }
    }
    Ok(DescribeSecurityGroupsResult { security_groups: Some(groups), next_token: None })
}

fn authorize_ingress(
    call: &mut Call<'_, '_>,
    input: &AuthorizeSecurityGroupIngressRequest,
) -> Outcome<AuthorizeSecurityGroupIngressResult> {
    let id = input.group_id.as_deref().ok_or_else(|| missing_parameter("groupId"))?;
    let mut group = find(call, id)?;
    add(group.ip_permissions.get_or_insert_default(), input.ip_permissions.as_deref())?;
    put(call, &group)?;
    Ok(AuthorizeSecurityGroupIngressResult { r#return: Some(true), security_group_rules: None })
}

fn authorize_egress(
    call: &mut Call<'_, '_>,
    input: &AuthorizeSecurityGroupEgressRequest,
) -> Outcome<AuthorizeSecurityGroupEgressResult> {
    let mut group = find(call, &input.group_id)?;
    add(group.ip_permissions_egress.get_or_insert_default(), input.ip_permissions.as_deref())?;
    put(call, &group)?;
    Ok(AuthorizeSecurityGroupEgressResult { r#return: Some(true), security_group_rules: None })
}

fn revoke_ingress(
    call: &mut Call<'_, '_>,
    input: &RevokeSecurityGroupIngressRequest,
) -> Outcome<RevokeSecurityGroupIngressResult> {
    let id = input.group_id.as_deref().ok_or_else(|| missing_parameter("groupId"))?;
    let mut group = find(call, id)?;
    take(group.ip_permissions.get_or_insert_default(), input.ip_permissions.as_deref())?;
    put(call, &group)?;
    Ok(RevokeSecurityGroupIngressResult {
        r#return: Some(true),
        ..RevokeSecurityGroupIngressResult::default()
    })
}

fn revoke_egress(
    call: &mut Call<'_, '_>,
    input: &RevokeSecurityGroupEgressRequest,
) -> Outcome<RevokeSecurityGroupEgressResult> {
    let mut group = find(call, &input.group_id)?;
    take(group.ip_permissions_egress.get_or_insert_default(), input.ip_permissions.as_deref())?;
    put(call, &group)?;
    Ok(RevokeSecurityGroupEgressResult { r#return: Some(true), ..RevokeSecurityGroupEgressResult::default() })
}

fn add(permissions: &mut Vec<IpPermission>, given: Option<&[IpPermission]>) -> Outcome<()> {
    for single in singles(given)? {
        if permissions.iter().any(|known| is_same(known, &single)) {
            return Err(duplicate_permission());
        }
        permissions.push(single);
    }
    Ok(())
}

fn take(permissions: &mut Vec<IpPermission>, given: Option<&[IpPermission]>) -> Outcome<()> {
    for single in singles(given)? {
        let place = permissions.iter().position(|known| is_same(known, &single));
        permissions.remove(place.ok_or_else(unknown_permission)?);
    }
    Ok(())
}

/// Permissions with one source each.
fn singles(given: Option<&[IpPermission]>) -> Outcome<Vec<IpPermission>> {
    let given = given.filter(|given| !given.is_empty());
    // The flat parameters of old clients, and rules by their ids.
    let given = given.ok_or_else(|| unbuilt("A rule that is not given as IpPermissions"))?;
    let mut singles = Vec::new();
    for permission in given {
        // All protocols have all ports, whatever is given (EC2 API reference, `IpPermission`).
        let is_all = permission.ip_protocol.as_deref() == Some("-1");
        let ports = || IpPermission {
            ip_protocol: permission.ip_protocol.clone(),
            from_port: permission.from_port.filter(|_| !is_all),
            to_port: permission.to_port.filter(|_| !is_all),
            ..IpPermission::default()
        };
        let before = singles.len();
        for range in permission.ip_ranges.iter().flatten() {
            singles.push(IpPermission { ip_ranges: Some(vec![range.clone()]), ..ports() });
        }
        for range in permission.ipv6_ranges.iter().flatten() {
            singles.push(IpPermission { ipv6_ranges: Some(vec![range.clone()]), ..ports() });
        }
        for pair in permission.user_id_group_pairs.iter().flatten() {
            singles.push(IpPermission { user_id_group_pairs: Some(vec![pair.clone()]), ..ports() });
        }
        for list in permission.prefix_list_ids.iter().flatten() {
            singles.push(IpPermission { prefix_list_ids: Some(vec![list.clone()]), ..ports() });
        }
        if singles.len() == before {
            return Err(missing_parameter("cidrIp"));
        }
    }
    Ok(singles)
}

/// Whether two single permissions are one rule: descriptions do not count.
fn is_same(one: &IpPermission, other: &IpPermission) -> bool {
    let range = |of: &IpPermission| of.ip_ranges.iter().flatten().map(|range| range.cidr_ip.clone()).next();
    let range6 =
        |of: &IpPermission| of.ipv6_ranges.iter().flatten().map(|range| range.cidr_ipv6.clone()).next();
    let pair =
        |of: &IpPermission| of.user_id_group_pairs.iter().flatten().map(|pair| pair.group_id.clone()).next();
    let list = |of: &IpPermission| {
        of.prefix_list_ids.iter().flatten().map(|list| list.prefix_list_id.clone()).next()
    };
    (&one.ip_protocol, one.from_port, one.to_port) == (&other.ip_protocol, other.from_port, other.to_port)
        && (range(one), range6(one), pair(one), list(one))
            == (range(other), range6(other), pair(other), list(other))
}

/// A group as it is told: permissions of the same protocol and ports joined.
fn shown(mut group: SecurityGroup) -> SecurityGroup {
    for permissions in [&mut group.ip_permissions, &mut group.ip_permissions_egress].into_iter().flatten() {
        let mut joined: Vec<IpPermission> = Vec::new();
        for single in permissions.drain(..) {
            let ports = |of: &IpPermission| (of.ip_protocol.clone(), of.from_port, of.to_port);
            let place = joined.iter().position(|known| ports(known) == ports(&single));
            let whole = match place.and_then(|place| joined.get_mut(place)) {
                Some(whole) => whole,
                None => {
                    joined.push(single);
                    continue;
                }
            };
            extend(&mut whole.ip_ranges, single.ip_ranges);
            extend(&mut whole.ipv6_ranges, single.ipv6_ranges);
            extend(&mut whole.user_id_group_pairs, single.user_id_group_pairs);
            extend(&mut whole.prefix_list_ids, single.prefix_list_ids);
        }
        *permissions = joined;
    }
    group
}

fn extend<T>(mine: &mut Option<Vec<T>>, more: Option<Vec<T>>) {
    if let Some(more) = more {
        mine.get_or_insert_default().extend(more);
    }
}

/// Removes a group that nothing uses: no load balancer, and no rule of another group.
fn delete_security_group(
    call: &mut Call<'_, '_>,
    input: &DeleteSecurityGroupRequest,
) -> Outcome<DeleteSecurityGroupResult> {
    let id = input.group_id.as_deref().ok_or_else(|| missing_parameter("groupId"))?;
    if is_default(&find(call, id)?) {
        return Err(default_group());
    }
    let names = |group: &SecurityGroup| {
        let permissions = group.ip_permissions.iter().chain(&group.ip_permissions_egress).flatten();
        let mut pairs = permissions.flat_map(|permission| permission.user_id_group_pairs.iter().flatten());
        pairs.any(|pair| pair.group_id.as_deref() == Some(id))
    };
    let is_named = all(call)?.iter().any(|other| other.group_id.as_deref() != Some(id) && names(other));
    if is_named || elbv2::uses_security_group(call, id)? {
        return Err(group_in_use(id));
    }
    call.tx.delete::<SecurityGroupDocument>(&call.context.scope, &Key::new([id]))?;
    Ok(DeleteSecurityGroupResult { r#return: Some(true), group_id: Some(id.to_owned()) })
}

fn all(call: &mut Call<'_, '_>) -> Outcome<Vec<SecurityGroup>> {
    let all = call.tx.list::<SecurityGroupDocument>(&call.context.scope, &Key::root())?;
    Ok(all.into_iter().map(|(_, document)| document.security_group).collect())
}

fn find(call: &mut Call<'_, '_>, id: &str) -> Outcome<SecurityGroup> {
    let document: Option<SecurityGroupDocument> = call.tx.get(&call.context.scope, &Key::new([id]))?;
    document.map(|document| document.security_group).ok_or_else(|| unknown_group(id))
}

fn put(call: &mut Call<'_, '_>, group: &SecurityGroup) -> Outcome<()> {
    let key = Key::new([group.group_id.as_deref().unwrap_or_default()]);
    Ok(call.tx.put(&call.context.scope, &key, &SecurityGroupDocument { security_group: group.clone() })?)
}
