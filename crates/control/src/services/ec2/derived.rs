//! What comes with VPCs and is not made by itself here: main route tables and default network ACLs.
//! Nothing has a network interface, so none is told.

use api::ec2::operations as op;
use api::ec2::{
    DescribeNetworkAclsRequest, DescribeNetworkAclsResult, DescribeNetworkInterfacesRequest,
    DescribeNetworkInterfacesResult, DescribeRouteTablesRequest, DescribeRouteTablesResult, NetworkAcl,
    Route, RouteOrigin, RouteState, RouteTable, RouteTableAssociation,
};
use documents::ec2::VpcDocument;

use super::filters::{one, passes};
use super::refusals::unknown_id;
use super::vpcs;
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .read(op::DescribeRouteTables, describe_route_tables)
        .read(op::DescribeNetworkAcls, describe_network_acls)
        .read(op::DescribeNetworkInterfaces, describe_network_interfaces);
}

/// The main route table of each VPC, with the one route that it begins with.
fn describe_route_tables(
    call: &mut Call<'_, '_>,
    input: &DescribeRouteTablesRequest,
) -> Outcome<DescribeRouteTablesResult> {
    let mut tables = Vec::new();
    for VpcDocument { vpc, main_route_table_id: id, .. } in vpcs::asked(call, None)? {
        if input.route_table_ids.as_ref().is_some_and(|ids| !ids.is_empty() && !ids.contains(&id)) {
            continue;
        }
        let passes = passes(input.filters.as_deref(), None, |name| match name {
            "vpc-id" => one(vpc.vpc_id.as_deref()),
            "association.main" => one(Some("true")),
            "route-table-id" | "association.route-table-id" => one(Some(&id)),
            "association.subnet-id" => one(None),
            "owner-id" => one(vpc.owner_id.as_deref()),
            _ => None,
        })?;
        if !passes {
            continue;
        }
        let route = Route {
            destination_cidr_block: vpc.cidr_block,
            gateway_id: Some("local".to_owned()),
            origin: Some(RouteOrigin::CreateRouteTable),
            state: Some(RouteState::Active),
            ..Route::default()
        };
        let association = RouteTableAssociation {
            main: Some(true),
            route_table_association_id: Some(id.replacen("rtb-", "rtbassoc-", 1)),
            route_table_id: Some(id.clone()),
            ..RouteTableAssociation::default()
        };
        tables.push(RouteTable {
            associations: Some(vec![association]),
            route_table_id: Some(id),
            routes: Some(vec![route]),
            vpc_id: vpc.vpc_id,
            owner_id: vpc.owner_id,
            ..RouteTable::default()
        });
    }
    known(input.route_table_ids.as_deref(), |id| {
        tables.iter().any(|table| table.route_table_id.as_deref() == Some(id))
    })?;
    Ok(DescribeRouteTablesResult { route_tables: Some(tables), next_token: None })
}

/// The default network ACL of each VPC.
fn describe_network_acls(
    call: &mut Call<'_, '_>,
    input: &DescribeNetworkAclsRequest,
) -> Outcome<DescribeNetworkAclsResult> {
    let mut acls = Vec::new();
    for VpcDocument { vpc, default_network_acl_id: id, .. } in vpcs::asked(call, None)? {
        if input.network_acl_ids.as_ref().is_some_and(|ids| !ids.is_empty() && !ids.contains(&id)) {
            continue;
        }
        let passes = passes(input.filters.as_deref(), None, |name| match name {
            "vpc-id" => one(vpc.vpc_id.as_deref()),
            "default" => one(Some("true")),
            "network-acl-id" => one(Some(&id)),
            "owner-id" => one(vpc.owner_id.as_deref()),
            "association.subnet-id" => one(None),
            _ => None,
        })?;
        if passes {
            acls.push(NetworkAcl {
                is_default: Some(true),
                network_acl_id: Some(id),
                vpc_id: vpc.vpc_id,
                owner_id: vpc.owner_id,
                ..NetworkAcl::default()
            });
        }
    }
    known(input.network_acl_ids.as_deref(), |id| {
        acls.iter().any(|acl| acl.network_acl_id.as_deref() == Some(id))
    })?;
    Ok(DescribeNetworkAclsResult { network_acls: Some(acls), next_token: None })
}

fn describe_network_interfaces(
    _: &mut Call<'_, '_>,
    input: &DescribeNetworkInterfacesRequest,
) -> Outcome<DescribeNetworkInterfacesResult> {
    known(input.network_interface_ids.as_deref(), |_| false)?;
    Ok(DescribeNetworkInterfacesResult { network_interfaces: Some(Vec::new()), next_token: None })
}

/// Refuses the first of these ids that nothing has.
fn known(ids: Option<&[String]>, is_known: impl Fn(&str) -> bool) -> Outcome<()> {
    match ids.unwrap_or_default().iter().find(|id| !is_known(id)) {
        Some(id) => Err(unknown_id(id)),
        None => Ok(()),
    }
}
