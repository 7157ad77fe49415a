//! Managed policies and their versions: the account's own, and AWS's, which can be read and
//! attached but not changed.

use std::collections::HashMap;

use api::Empty;
use api::iam::operations as op;
use api::iam::{
    CreatePolicyRequest, CreatePolicyResponse, CreatePolicyVersionRequest, CreatePolicyVersionResponse,
    DeletePolicyRequest, DeletePolicyVersionRequest, GetPolicyRequest, GetPolicyResponse,
    GetPolicyVersionRequest, GetPolicyVersionResponse, ListPoliciesRequest, ListPoliciesResponse,
    ListPolicyTagsRequest, ListPolicyTagsResponse, ListPolicyVersionsRequest, ListPolicyVersionsResponse,
    Policy, PolicyScopeType, PolicyUsageType, PolicyVersion, TagPolicyRequest, UntagPolicyRequest,
};
use base::{Arn, Timestamp, ids};
use documents::aws_managed::{AWS_MANAGED_POLICIES, AwsManagedPolicy};
use documents::iam::{ManagedPolicyDocument, RoleDocument, UserDocument};
use store::Key;
use wire::ServiceError;

use super::policy_text::{check_managed, encoded};
use super::{
    already_exists, beyond_quota, delete_conflict, invalid_input, limit_exceeded, listing, no_such_entity,
    tags,
};
use crate::Registry;
use crate::call::{Call, Failure, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreatePolicy, create_policy)
        .read(op::GetPolicy, get_policy)
        .read(op::ListPolicies, list_policies)
        .write(op::DeletePolicy, delete_policy)
        .write(op::CreatePolicyVersion, create_policy_version)
        .read(op::GetPolicyVersion, get_policy_version)
        .read(op::ListPolicyVersions, list_policy_versions)
        .write(op::DeletePolicyVersion, delete_policy_version)
        .write(op::TagPolicy, tag_policy)
        .write(op::UntagPolicy, untag_policy)
        .read(op::ListPolicyTags, list_policy_tags);
}

/// IAM and AWS STS quotas, "Versions per managed policy".
const VERSIONS_PER_POLICY: usize = 5;

/// IAM and AWS STS quotas, "Customer managed policies in an AWS account".
const POLICIES: usize = 1500;

/// AWS's policies have no date of their own here; AWS shows the day each was published.
const AWS_POLICIES_SINCE: Timestamp = Timestamp::from_millis(1_423_180_800_000);

fn unknown(arn: &str) -> Failure {
    no_such_entity(format!("Policy {arn} was not found."))
}

fn unknown_version(arn: &str, version: &str) -> Failure {
    no_such_entity(format!("Policy {arn} version {version} does not exist or is not attachable."))
}

/// One of AWS's policies as a document, so that reading needs no second way.
fn of_aws(policy: &AwsManagedPolicy) -> ManagedPolicyDocument {
    ManagedPolicyDocument {
        policy: Policy {
            policy_name: Some(policy.name.to_owned()),
            policy_id: Some(policy.id()),
            arn: Some(policy.arn()),
            path: Some(policy.path.to_owned()),
            default_version_id: Some("v1".to_owned()),
            attachment_count: Some(0),
            permissions_boundary_usage_count: Some(0),
            is_attachable: Some(true),
            create_date: Some(AWS_POLICIES_SINCE),
            update_date: Some(AWS_POLICIES_SINCE),
            ..Policy::default()
        },
        versions: vec![PolicyVersion {
            document: Some(policy.document()),
            version_id: Some("v1".to_owned()),
            is_default_version: Some(true),
            create_date: Some(AWS_POLICIES_SINCE),
        }],
        last_version: 1,
    }
}

/// Refuses what is not the ARN of a managed policy.
pub(super) fn check_arn(text: &str) -> Outcome<()> {
    let is_policy = |arn: Arn| arn.service == "iam" && arn.resource.starts_with("policy/");
    if text.parse::<Arn>().is_ok_and(is_policy) {
        return Ok(());
    }
    Err(invalid_input(format!("ARN {text} is not valid.")))
}

/// The policy `arn`, the account's or AWS's.
pub(super) fn policy(call: &mut Call<'_, '_>, arn: &str) -> Outcome<Option<ManagedPolicyDocument>> {
    if let Some(policy) = AwsManagedPolicy::by_arn(arn) {
        return Ok(Some(of_aws(policy)));
    }
    let scope = call.scope().to_global();
    Ok(call.tx.get::<ManagedPolicyDocument>(&scope, &Key::new([arn]))?)
}

/// The policy `arn`, to be shown.
fn known_policy(call: &mut Call<'_, '_>, arn: &str) -> Outcome<ManagedPolicyDocument> {
    check_arn(arn)?;
    policy(call, arn)?.ok_or_else(|| unknown(arn))
}

/// The account's own policy `arn`, to be changed by `action`. AWS's are another account's.
fn own_policy(call: &mut Call<'_, '_>, arn: &str, action: &str) -> Outcome<ManagedPolicyDocument> {
    if AwsManagedPolicy::by_arn(arn).is_some() {
        let caller = call.context.caller.arn();
        return Err(ServiceError::access_denied(format!(
            "User: {caller} is not authorized to perform: iam:{action} on resource: policy {arn}"
        ))
        .into());
    }
    known_policy(call, arn)
}

fn put(call: &mut Call<'_, '_>, arn: &str, document: &ManagedPolicyDocument) -> Outcome<()> {
    let scope = call.scope().to_global();
    Ok(call.tx.put(&scope, &Key::new([arn]), document)?)
}

/// How many roles and users each policy is attached to, by ARN.
fn attachments(call: &mut Call<'_, '_>) -> Outcome<HashMap<String, i32>> {
    let scope = call.scope().to_global();
    let roles = call.tx.list::<RoleDocument>(&scope, &Key::root())?;
    let users = call.tx.list::<UserDocument>(&scope, &Key::root())?;
    let of_roles = roles.into_iter().map(|(_, role)| role.policies.attached);
    let of_users = users.into_iter().map(|(_, user)| user.policies.attached);
    let mut counts = HashMap::new();
    for arn in of_roles.chain(of_users).flatten() {
        let count: &mut i32 = counts.entry(arn).or_default();
        *count = count.saturating_add(1);
    }
    Ok(counts)
}

fn create_policy(call: &mut Call<'_, '_>, input: &CreatePolicyRequest) -> Outcome<CreatePolicyResponse> {
    check_managed(&input.policy_document)?;
    let tags = tags::of_new(input.tags.as_deref())?;
    let path = input.path.clone().unwrap_or_else(|| "/".to_owned());
    let arn = format!("arn:aws:iam::{}:policy{path}{}", call.scope().account(), input.policy_name);
    let scope = call.scope().to_global();
    let present = call.tx.list::<ManagedPolicyDocument>(&scope, &Key::root())?;
    let same = |other: &Policy| {
        other.policy_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&input.policy_name))
    };
    if present.iter().any(|(_, other)| same(&other.policy)) {
        return Err(already_exists(format!(
            "A policy called {} already exists. Duplicate names are not allowed.",
            input.policy_name
        )));
    }
    if present.len() >= POLICIES {
        return Err(beyond_quota("PoliciesPerAccount", POLICIES));
    }
    let now = call.now().truncated_to_secs();
    let policy = Policy {
        policy_name: Some(input.policy_name.clone()),
        policy_id: Some(ids::iam_id(&call.plane.random, "ANPA")),
        arn: Some(arn.clone()),
        path: Some(path),
        default_version_id: Some("v1".to_owned()),
        attachment_count: Some(0),
        permissions_boundary_usage_count: Some(0),
        is_attachable: Some(true),
        description: input.description.clone(),
        create_date: Some(now),
        update_date: Some(now),
        tags,
    };
    let version = PolicyVersion {
        document: Some(input.policy_document.clone()),
        version_id: Some("v1".to_owned()),
        is_default_version: Some(true),
        create_date: Some(now),
    };
    let document = ManagedPolicyDocument { policy: policy.clone(), versions: vec![version], last_version: 1 };
    put(call, &arn, &document)?;
    // The answer leaves the description out (IAM API reference, `Policy`).
    Ok(CreatePolicyResponse { policy: Some(Policy { description: None, ..policy }) })
}

fn get_policy(call: &mut Call<'_, '_>, input: &GetPolicyRequest) -> Outcome<GetPolicyResponse> {
    let mut document = known_policy(call, &input.policy_arn)?;
    let count = attachments(call)?.get(&input.policy_arn).copied();
    document.policy.attachment_count = Some(count.unwrap_or(0));
    Ok(GetPolicyResponse { policy: Some(document.policy) })
}

fn list_policies(call: &mut Call<'_, '_>, input: &ListPoliciesRequest) -> Outcome<ListPoliciesResponse> {
    let scope = call.scope().to_global();
    let wanted = input.scope.unwrap_or(PolicyScopeType::All);
    let mut documents = Vec::new();
    if wanted != PolicyScopeType::Aws {
        let own = call.tx.list::<ManagedPolicyDocument>(&scope, &Key::root())?;
        documents.extend(own.into_iter().map(|(_, document)| document));
    }
    if wanted != PolicyScopeType::Local {
        documents.extend(AWS_MANAGED_POLICIES.iter().map(of_aws));
    }
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let counts = attachments(call)?;
    let mut policies = Vec::new();
    for document in documents {
        let mut policy = document.policy;
        let count = counts.get(policy.arn.as_deref().unwrap_or_default()).copied().unwrap_or(0);
        let in_path = policy.path.as_deref().is_some_and(|path| path.starts_with(prefix));
        // Boundaries are not built, so no policy is used as one.
        let in_use = input.policy_usage_filter != Some(PolicyUsageType::PermissionsBoundary);
        if in_path && in_use && (count > 0 || input.only_attached != Some(true)) {
            policy.attachment_count = Some(count);
            policy.tags = None;
            policy.description = None;
            policies.push(policy);
        }
    }
    let place = |policy: &Policy| policy.arn.clone().unwrap_or_default();
    let page = listing::page(policies, place, input.marker.as_deref(), input.max_items)?;
    Ok(ListPoliciesResponse {
        policies: Some(page.items),
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

fn delete_policy(call: &mut Call<'_, '_>, input: &DeletePolicyRequest) -> Outcome<Empty> {
    let document = own_policy(call, &input.policy_arn, "DeletePolicy")?;
    if attachments(call)?.contains_key(&input.policy_arn) {
        return Err(delete_conflict("Cannot delete a policy attached to entities."));
    }
    if document.versions.len() > 1 {
        return Err(delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's \
             versions. The default version is deleted with the policy.",
        ));
    }
    let scope = call.scope().to_global();
    call.tx.delete::<ManagedPolicyDocument>(&scope, &Key::new([&*input.policy_arn]))?;
    Ok(Empty {})
}

fn create_policy_version(
    call: &mut Call<'_, '_>,
    input: &CreatePolicyVersionRequest,
) -> Outcome<CreatePolicyVersionResponse> {
    let mut document = own_policy(call, &input.policy_arn, "CreatePolicyVersion")?;
    check_managed(&input.policy_document)?;
    if document.versions.len() >= VERSIONS_PER_POLICY {
        return Err(limit_exceeded(format!(
            "A managed policy can have up to {VERSIONS_PER_POLICY} versions. Before you create a new version, \
             you must delete an existing version."
        )));
    }
    // Numbers are never used again.
    document.last_version = document.last_version.saturating_add(1);
    let now = call.now().truncated_to_secs();
    let is_default = input.set_as_default == Some(true);
    let version = PolicyVersion {
        document: Some(input.policy_document.clone()),
        version_id: Some(format!("v{}", document.last_version)),
        is_default_version: Some(is_default),
        create_date: Some(now),
    };
    if is_default {
        for other in &mut document.versions {
            other.is_default_version = Some(false);
        }
        document.policy.default_version_id = version.version_id.clone();
        document.policy.update_date = Some(now);
    }
    document.versions.push(version.clone());
    put(call, &input.policy_arn, &document)?;
    Ok(CreatePolicyVersionResponse { policy_version: Some(PolicyVersion { document: None, ..version }) })
}

fn get_policy_version(
    call: &mut Call<'_, '_>,
    input: &GetPolicyVersionRequest,
) -> Outcome<GetPolicyVersionResponse> {
    let arn = &input.policy_arn;
    let document = known_policy(call, arn)?;
    let mut version = document
        .versions
        .into_iter()
        .find(|version| version.version_id.as_deref() == Some(&*input.version_id))
        .ok_or_else(|| unknown_version(arn, &input.version_id))?;
    version.document = version.document.map(|text| encoded(&text));
    Ok(GetPolicyVersionResponse { policy_version: Some(version) })
}

fn list_policy_versions(
    call: &mut Call<'_, '_>,
    input: &ListPolicyVersionsRequest,
) -> Outcome<ListPolicyVersionsResponse> {
    let document = known_policy(call, &input.policy_arn)?;
    let shown = document.versions.into_iter().map(|version| PolicyVersion { document: None, ..version });
    // The newest first.
    let place = |version: &PolicyVersion| {
        let number = version.version_id.as_deref().and_then(|id| id.get(1..)).and_then(|n| n.parse().ok());
        format!("{:010}", u32::MAX - number.unwrap_or(0))
    };
    let page = listing::page(shown.collect(), place, input.marker.as_deref(), input.max_items)?;
    Ok(ListPolicyVersionsResponse {
        versions: Some(page.items),
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

fn delete_policy_version(call: &mut Call<'_, '_>, input: &DeletePolicyVersionRequest) -> Outcome<Empty> {
    let mut document = own_policy(call, &input.policy_arn, "DeletePolicyVersion")?;
    let place = document
        .versions
        .iter()
        .position(|version| version.version_id.as_deref() == Some(&*input.version_id))
        .ok_or_else(|| unknown_version(&input.policy_arn, &input.version_id))?;
    if document.versions.get(place).is_some_and(|version| version.is_default_version == Some(true)) {
        return Err(delete_conflict("Cannot delete the default version of a policy."));
    }
    document.versions.remove(place);
    put(call, &input.policy_arn, &document)?;
    Ok(Empty {})
}

fn tag_policy(call: &mut Call<'_, '_>, input: &TagPolicyRequest) -> Outcome<Empty> {
    let mut document = own_policy(call, &input.policy_arn, "TagPolicy")?;
    tags::add(&mut document.policy.tags, &input.tags)?;
    put(call, &input.policy_arn, &document)?;
    Ok(Empty {})
}

fn untag_policy(call: &mut Call<'_, '_>, input: &UntagPolicyRequest) -> Outcome<Empty> {
    let mut document = own_policy(call, &input.policy_arn, "UntagPolicy")?;
    tags::remove(&mut document.policy.tags, &input.tag_keys);
    put(call, &input.policy_arn, &document)?;
    Ok(Empty {})
}

fn list_policy_tags(
    call: &mut Call<'_, '_>,
    input: &ListPolicyTagsRequest,
) -> Outcome<ListPolicyTagsResponse> {
    let document = known_policy(call, &input.policy_arn)?;
    let page = tags::page(document.policy.tags, input.marker.as_deref(), input.max_items)?;
    Ok(ListPolicyTagsResponse { tags: page.items, is_truncated: page.is_truncated, marker: page.marker })
}
