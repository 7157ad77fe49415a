//! `/v2/vpclinks`: ways of HTTP APIs into a network (API Gateway developer guide, "Working with VPC
//! links for HTTP APIs"). Which addresses a link leads to only the operator knows; subnets and security
//! groups are AWS's affair and are kept as they are given. Texts are not recorded.

use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    CreateVpcLinkRequest, CreateVpcLinkResponse, DeleteVpcLinkRequest, DeleteVpcLinkResponse,
    GetVpcLinkRequest, GetVpcLinkResponse, GetVpcLinksRequest, GetVpcLinksResponse, UpdateVpcLinkRequest,
    UpdateVpcLinkResponse, VpcLink, VpcLinkStatus, VpcLinkVersion,
};
use base::{Timestamp, ids};
use documents::apigatewayv2::VpcLinkDocument;
use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use store::Key;

use super::limits;
use super::listed;
use super::refusals::{bad_request, name, unknown};
use super::shapes::same;
use crate::{Call, Outcome, Registry, tags};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateVpcLink, create_vpc_link)
        .read(op::GetVpcLink, get_vpc_link)
        .read(op::GetVpcLinks, get_vpc_links)
        .write(op::UpdateVpcLink, update_vpc_link)
        .write(op::DeleteVpcLink, delete_vpc_link);
}

/// Makes a link. The answer says that it is pending, as AWS's does; here there is nothing to wait for,
/// so the next look finds it available.
fn create_vpc_link(call: &mut Call<'_, '_>, input: &CreateVpcLinkRequest) -> Outcome<CreateVpcLinkResponse> {
    let vpc_link = VpcLink {
        name: name("VPC link", &input.name)?,
        subnet_ids: several("subnet", &input.subnet_ids, limits::SUBNETS)?,
        security_group_ids: several(
            "security group",
            input.security_group_ids.as_deref().unwrap_or_default(),
            limits::SECURITY_GROUPS,
        )?,
        created_date: Some(call.now()),
        tags: Some(given_tags(input.tags.as_ref())?),
        vpc_link_id: ids::part_id(&call.plane.random),
        vpc_link_status: Some(VpcLinkStatus::Available),
        vpc_link_status_message: Some("VPC link is ready to route traffic".to_owned()),
        vpc_link_version: Some(VpcLinkVersion::V2),
    };
    if vpc_link.subnet_ids.is_empty() {
        return Err(bad_request("A VPC link needs a subnet"));
    }
    if all(call)?.len() >= limits::VPC_LINKS {
        return Err(bad_request(format!(
            "Maximum number of VPC links for this account has been reached. The limit is {}.",
            limits::VPC_LINKS
        )));
    }
    put(call, &vpc_link)?;
    let (status, message) = (VpcLinkStatus::Pending, "VPC link is provisioning ENIs".to_owned());
    shown(VpcLink { vpc_link_status: Some(status), vpc_link_status_message: Some(message), ..vpc_link })
}

fn get_vpc_link(call: &mut Call<'_, '_>, input: &GetVpcLinkRequest) -> Outcome<GetVpcLinkResponse> {
    shown(find(call, &input.vpc_link_id)?)
}

fn get_vpc_links(call: &mut Call<'_, '_>, input: &GetVpcLinksRequest) -> Outcome<GetVpcLinksResponse> {
    let place = |link: &VpcLink| link.vpc_link_id.clone();
    let (items, next_token) =
        listed(all(call)?, place, input.next_token.as_deref(), input.max_results.as_deref())?;
    let items = items.into_iter().map(shown).collect::<Outcome<_>>()?;
    Ok(GetVpcLinksResponse { items: Some(items), next_token })
}

/// Renames a link; all else of it stays (same page).
fn update_vpc_link(call: &mut Call<'_, '_>, input: &UpdateVpcLinkRequest) -> Outcome<UpdateVpcLinkResponse> {
    let mut link = find(call, &input.vpc_link_id)?;
    if let Some(given) = &input.name {
        link.name = name("VPC link", given)?;
    }
    put(call, &link)?;
    shown(link)
}

/// Removes a link. Integrations that use it are closed from then on.
fn delete_vpc_link(call: &mut Call<'_, '_>, input: &DeleteVpcLinkRequest) -> Outcome<DeleteVpcLinkResponse> {
    find(call, &input.vpc_link_id)?;
    call.tx.delete::<VpcLinkDocument>(&call.context.scope, &Key::new([&input.vpc_link_id]))?;
    Ok(DeleteVpcLinkResponse {})
}

/// The link `id`.
pub(super) fn find(call: &mut Call<'_, '_>, id: &str) -> Outcome<VpcLink> {
    let document = match id.len() <= limits::NAME {
        true => call.tx.get::<VpcLinkDocument>(&call.context.scope, &Key::new([id]))?,
        false => None,
    };
    document.map(|document| document.vpc_link).ok_or_else(|| unknown("VpcLink"))
}

/// Stores a link.
pub(super) fn put(call: &mut Call<'_, '_>, link: &VpcLink) -> Outcome<()> {
    let document = VpcLinkDocument { vpc_link: link.clone() };
    Ok(call.tx.put(&call.context.scope, &Key::new([&link.vpc_link_id]), &document)?)
}

fn all(call: &mut Call<'_, '_>) -> Outcome<Vec<VpcLink>> {
    let documents = call.tx.list::<VpcLinkDocument>(&call.context.scope, &Key::root())?;
    Ok(documents.into_iter().map(|(_, document)| document.vpc_link).collect())
}

/// At most `most` identifiers, none of them twice.
fn several(what: &str, given: &[String], most: usize) -> Outcome<Vec<String>> {
    let twice = given.iter().enumerate().any(|(at, id)| given.iter().take(at).any(|other| other == id));
    if twice || given.len() > most || given.iter().any(|id| id.is_empty() || id.len() > limits::NAME) {
        return Err(bad_request(format!("A VPC link takes up to {most} different {what} ids")));
    }
    Ok(given.to_vec())
}

fn given_tags(given: Option<&IndexMap<String, String>>) -> Outcome<IndexMap<String, String>> {
    let mut all = IndexMap::new();
    if let Some(given) = given {
        tags::add(&mut all, given)?;
    }
    Ok(all)
}

fn shown<T: DeserializeOwned>(mut link: VpcLink) -> Outcome<T> {
    link.created_date = link.created_date.map(Timestamp::truncated_to_secs);
    same(&link)
}
