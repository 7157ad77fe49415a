//! `/vpclinks`: ways to backends behind a network load balancer. What uses one is found in
//! `references`. Texts without a remark are recorded from AWS.

mod references;

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    CreateVpcLinkRequest, DeleteVpcLinkRequest, GetVpcLinkRequest, GetVpcLinksRequest, Op,
    UpdateVpcLinkRequest, VpcLink, VpcLinkStatus, VpcLinks,
};
use base::{Arn, Scope, ids};
use documents::apigateway_vpc_links::VpcLinkDocument;
use indexmap::IndexMap;
use store::Key;

use super::limits;
use super::refusals::{bad_request, description, limit_exceeded, not_found};
use crate::paginate::{Page, page};
use crate::patch::{Table, Wording, row};
use crate::{Call, Outcome, Registry, tags};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateVpcLink, create_vpc_link)
        .read(op::GetVpcLink, get_vpc_link)
        .read(op::GetVpcLinks, get_vpc_links)
        .write(op::UpdateVpcLink, update_vpc_link)
        .write(op::DeleteVpcLink, delete_vpc_link);
}

/// What may be patched (API Gateway API reference, "Patch Operations").
const TABLE: Table = Table {
    wording: Wording::Listed,
    rows: &[row("/name", &[Op::Replace]), row("/description", &[Op::Replace])],
};

/// Makes a link. The answer says that it is pending, as AWS's does; here there is nothing to wait
/// for, so the next look finds it available, or failed if its target is no network load balancer
/// that it may use.
pub(super) fn create_vpc_link(call: &mut Call<'_, '_>, input: &CreateVpcLinkRequest) -> Outcome<VpcLink> {
    let name = name(&input.name)?;
    let description = description(input.description.as_deref())?;
    let target = target(&input.target_arns)?;
    let mut given = IndexMap::new();
    if let Some(tags) = &input.tags {
        tags::add(&mut given, tags)?;
    }
    check_room(call)?;
    let (status, message) = match fault(&target, call.scope()) {
        None => (VpcLinkStatus::Available, "Your vpc link is ready for use"),
        Some(fault) => (VpcLinkStatus::Failed, fault),
    };
    let vpc_link = VpcLink {
        id: Some(ids::part_id(&call.plane.random)),
        name: Some(name),
        description,
        target_arns: Some(input.target_arns.clone()),
        status: Some(status),
        status_message: Some(message.to_owned()),
        tags: Some(given),
    };
    let document = VpcLinkDocument { vpc_link, created: call.now() };
    put(call, &document)?;
    let pending = Some(VpcLinkStatus::Pending);
    Ok(VpcLink { status: pending, status_message: None, ..listed(document.vpc_link) })
}

fn get_vpc_link(call: &mut Call<'_, '_>, input: &GetVpcLinkRequest) -> Outcome<VpcLink> {
    Ok(shown(find(call, &input.vpc_link_id)?.vpc_link))
}

/// All links. AWS's order is not recorded; this is the order in which they were made.
fn get_vpc_links(call: &mut Call<'_, '_>, input: &GetVpcLinksRequest) -> Outcome<VpcLinks> {
    let documents = call.tx.list::<VpcLinkDocument>(&call.context.scope, &Key::root())?;
    let links = documents.into_iter().map(|(_, document)| document).collect();
    let place = |document: &VpcLinkDocument| {
        let id = document.vpc_link.id.as_deref().unwrap_or_default();
        format!("{:020}{id}", document.created.as_millis())
    };
    let Page { items, position } = page(links, place, input.position.as_deref(), input.limit)?;
    let items = items.into_iter().map(|document| listed(document.vpc_link)).collect();
    Ok(VpcLinks { position, items: Some(items) })
}

fn update_vpc_link(call: &mut Call<'_, '_>, input: &UpdateVpcLinkRequest) -> Outcome<VpcLink> {
    let mut document = find(call, &input.vpc_link_id)?;
    let targets = |path: Option<&str>| path.is_some_and(|path| path.starts_with("/targetArns"));
    if input.patch_operations.iter().flatten().any(|operation| targets(operation.path.as_deref())) {
        // Seen in reports of AWS's users.
        return Err(bad_request("Target arns are not allowed to be changed/added."));
    }
    for patch in TABLE.read(&input.patch_operations) {
        let patch = patch?;
        match patch.segments().as_slice() {
            ["name"] => document.vpc_link.name = Some(name(patch.text())?),
            _ => document.vpc_link.description = description(patch.value)?,
        }
    }
    put(call, &document)?;
    Ok(shown(document.vpc_link))
}

fn delete_vpc_link(call: &mut Call<'_, '_>, input: &DeleteVpcLinkRequest) -> Outcome<Empty> {
    find(call, &input.vpc_link_id)?;
    references::check_unused(call, &input.vpc_link_id)?;
    call.tx.delete::<VpcLinkDocument>(&call.context.scope, &Key::new([&input.vpc_link_id]))?;
    Ok(Empty {})
}

/// The account's links in the call's region.
pub(super) fn all(call: &mut Call<'_, '_>) -> Outcome<Vec<VpcLink>> {
    let documents = call.tx.list::<VpcLinkDocument>(&call.context.scope, &Key::root())?;
    Ok(documents.into_iter().map(|(_, document)| document.vpc_link).collect())
}

/// The link `id`.
pub(super) fn find(call: &mut Call<'_, '_>, id: &str) -> Outcome<VpcLinkDocument> {
    let document = call.tx.get(&call.context.scope, &Key::new([id]))?;
    document.ok_or_else(|| not_found("Invalid Vpc Link identifier specified"))
}

/// Stores a link.
pub(super) fn put(call: &mut Call<'_, '_>, document: &VpcLinkDocument) -> Outcome<()> {
    let id = document.vpc_link.id.as_deref().unwrap_or_default();
    Ok(call.tx.put(&call.context.scope, &Key::new([id]), document)?)
}

fn name(text: &str) -> Outcome<String> {
    if text.is_empty() {
        return Err(bad_request("Name cannot be empty"));
    }
    if text.chars().count() > limits::NAME {
        // The text is not recorded.
        return Err(bad_request("Invalid Vpc Link name specified"));
    }
    Ok(text.to_owned())
}

/// The one target of a link.
fn target(arns: &[String]) -> Outcome<Arn> {
    let [text] = arns else {
        // That for several is seen in reports of AWS's users, that for none is not recorded.
        return Err(bad_request(if arns.is_empty() {
            "No target arn specified for vpc link."
        } else {
            "More than one target arn specified for vpc link."
        }));
    };
    text.parse().map_err(|_| bad_request(format!("Invalid ARN. ARN is not well formed {text}")))
}

/// Why a link to `target` fails, if it does. AWS finds this out after it has answered.
fn fault(target: &Arn, scope: &Scope) -> Option<&'static str> {
    let is_network =
        target.service == "elasticloadbalancing" && target.resource.starts_with("loadbalancer/net/");
    if !is_network {
        // Seen in reports of AWS's users.
        return Some("NLB ARN is malformed");
    }
    // API Gateway API reference, `CreateVpcLink`; the text is not recorded.
    let is_own = target.account == scope.account() && target.region == scope.region();
    (!is_own).then_some("NLB must belong to the account and the region of the vpc link")
}

fn check_room(call: &mut Call<'_, '_>) -> Outcome<()> {
    let links = call.tx.list::<VpcLinkDocument>(&call.context.scope, &Key::root())?;
    if links.len() < limits::VPC_LINKS {
        return Ok(());
    }
    // The text is not recorded.
    Err(limit_exceeded(
        "Maximum number of VPC links for this account has been reached. Please contact AWS if you need \
         additional VPC links.",
    ))
}

/// A link as creating and listing answer it: an empty collection of tags is left out there.
fn listed(mut link: VpcLink) -> VpcLink {
    link.tags = link.tags.filter(|tags| !tags.is_empty());
    link
}

/// A link as getting and updating answer it: tags are there even if there are none.
fn shown(link: VpcLink) -> VpcLink {
    let mut link = listed(link);
    link.tags.get_or_insert_default();
    link
}

#[cfg(test)]
mod tests;
