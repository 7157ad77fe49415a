//! Managed policies and their versions: the account's own, and AWS's, which can be read and
//! attached but not changed.

use api::Empty;
use api::iam::errors::{
    DELETE_CONFLICT_EXCEPTION, ENTITY_ALREADY_EXISTS_EXCEPTION, LIMIT_EXCEEDED_EXCEPTION,
};
use api::iam::operations as op;
use api::iam::{
    CreatePolicyRequest, CreatePolicyResponse, CreatePolicyVersionRequest, CreatePolicyVersionResponse,
    DeletePolicyRequest, DeletePolicyVersionRequest, GetPolicyRequest, GetPolicyResponse,
    GetPolicyVersionRequest, GetPolicyVersionResponse, ListPoliciesRequest, ListPoliciesResponse,
    ListPolicyTagsRequest, ListPolicyTagsResponse, ListPolicyVersionsRequest, ListPolicyVersionsResponse,
    Policy, PolicyScopeType, PolicyVersion, TagPolicyRequest, UntagPolicyRequest,
};
use base::{Timestamp, ids};
use documents::aws_managed::{AWS_MANAGED_POLICIES, AwsManagedPolicy};
use documents::iam::{ManagedPolicyDocument, RoleDocument, UserDocument};
use store::Key;
use wire::ServiceError;

use super::roles::{add_tags, remove_tags};
use super::{documents_of, listing, no_such_entity};
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
            policy_id: Some(format!("ANPA{:A<17.17}", policy.name.to_ascii_uppercase())),
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
    }
}

/// The policy `arn`, the account's or AWS's.
pub(super) fn policy(call: &mut Call<'_, '_>, arn: &str) -> Outcome<Option<ManagedPolicyDocument>> {
    if let Some(policy) = AwsManagedPolicy::by_arn(arn) {
        return Ok(Some(of_aws(policy)));
    }
    let scope = call.scope().to_global();
    Ok(call.tx.get::<ManagedPolicyDocument>(&scope, &Key::new([arn]))?)
}

/// The account's own policy `arn`, to be changed.
fn own_policy(call: &mut Call<'_, '_>, arn: &str) -> Outcome<ManagedPolicyDocument> {
    if AwsManagedPolicy::by_arn(arn).is_some() {
        let text = "Cannot change or delete an AWS managed policy.";
        return Err(ServiceError::access_denied(text).into());
    }
    policy(call, arn)?.ok_or_else(|| unknown(arn))
}

fn put(call: &mut Call<'_, '_>, arn: &str, document: &ManagedPolicyDocument) -> Outcome<()> {
    let scope = call.scope().to_global();
    Ok(call.tx.put(&scope, &Key::new([arn]), document)?)
}

fn attachments(call: &mut Call<'_, '_>, arn: &str) -> Outcome<i32> {
    let scope = call.scope().to_global();
    let holds = |attached: &[String]| attached.iter().any(|other| other == arn);
    let roles = call.tx.list::<RoleDocument>(&scope, &Key::root())?;
    let users = call.tx.list::<UserDocument>(&scope, &Key::root())?;
    let count = roles.iter().filter(|(_, role)| holds(&role.policies.attached)).count()
        + users.iter().filter(|(_, user)| holds(&user.policies.attached)).count();
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}

fn create_policy(call: &mut Call<'_, '_>, input: &CreatePolicyRequest) -> Outcome<CreatePolicyResponse> {
    documents_of::check(&input.policy_document)?;
    let path = input.path.clone().unwrap_or_else(|| "/".to_owned());
    let arn = format!("arn:aws:iam::{}:policy{path}{}", call.scope().account(), input.policy_name);
    let scope = call.scope().to_global();
    let taken = call.tx.list::<ManagedPolicyDocument>(&scope, &Key::root())?;
    let same = |other: &Policy| {
        other.policy_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&input.policy_name))
    };
    if taken.iter().any(|(_, other)| same(&other.policy)) {
        let text =
            format!("A policy called {} already exists. Duplicate names are not allowed.", input.policy_name);
        return Err(ServiceError::new(&ENTITY_ALREADY_EXISTS_EXCEPTION, text).into());
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
        tags: input.tags.clone().filter(|tags| !tags.is_empty()),
    };
    let version = PolicyVersion {
        document: Some(input.policy_document.clone()),
        version_id: Some("v1".to_owned()),
        is_default_version: Some(true),
        create_date: Some(now),
    };
    put(call, &arn, &ManagedPolicyDocument { policy: policy.clone(), versions: vec![version] })?;
    // The answer leaves the description out (IAM API reference, `Policy`).
    Ok(CreatePolicyResponse { policy: Some(Policy { description: None, ..policy }) })
}

fn get_policy(call: &mut Call<'_, '_>, input: &GetPolicyRequest) -> Outcome<GetPolicyResponse> {
    let mut document = policy(call, &input.policy_arn)?.ok_or_else(|| unknown(&input.policy_arn))?;
    document.policy.attachment_count = Some(attachments(call, &input.policy_arn)?);
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
    let mut policies = Vec::new();
    for document in documents {
        let mut policy = document.policy;
        let count = attachments(call, policy.arn.as_deref().unwrap_or_default())?;
        let in_path = policy.path.as_deref().is_some_and(|path| path.starts_with(prefix));
        if in_path && (count > 0 || input.only_attached != Some(true)) {
            policy.attachment_count = Some(count);
            policy.tags = None;
            policy.description = None;
            policies.push(policy);
        }
    }
    let page = listing::page(policies, input.marker.as_deref(), input.max_items)?;
    Ok(ListPoliciesResponse {
        policies: Some(page.items),
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

fn delete_policy(call: &mut Call<'_, '_>, input: &DeletePolicyRequest) -> Outcome<Empty> {
    let document = own_policy(call, &input.policy_arn)?;
    let conflict = |text: &str| ServiceError::new(&DELETE_CONFLICT_EXCEPTION, text);
    if attachments(call, &input.policy_arn)? > 0 {
        return Err(conflict("Cannot delete a policy attached to entities.").into());
    }
    if document.versions.len() > 1 {
        let text = "This policy has more than one version. Before you delete a policy, you must delete the \
                    policy's versions. The default version is deleted with the policy.";
        return Err(conflict(text).into());
    }
    let scope = call.scope().to_global();
    call.tx.delete::<ManagedPolicyDocument>(&scope, &Key::new([&*input.policy_arn]))?;
    Ok(Empty {})
}

fn create_policy_version(
    call: &mut Call<'_, '_>,
    input: &CreatePolicyVersionRequest,
) -> Outcome<CreatePolicyVersionResponse> {
    let mut document = own_policy(call, &input.policy_arn)?;
    documents_of::check(&input.policy_document)?;
    if document.versions.len() >= VERSIONS_PER_POLICY {
        let text = format!(
            "A managed policy can have up to {VERSIONS_PER_POLICY} versions. Before you create a new version, \
             you must delete an existing version."
        );
        return Err(ServiceError::new(&LIMIT_EXCEEDED_EXCEPTION, text).into());
    }
    // Numbers are never used again, so the next follows the highest there ever was.
    let newest = document.versions.last().and_then(|version| version.version_id.as_deref());
    let number: u32 = newest.and_then(|id| id.strip_prefix('v')).and_then(|n| n.parse().ok()).unwrap_or(0);
    let now = call.now().truncated_to_secs();
    let is_default = input.set_as_default == Some(true);
    let version = PolicyVersion {
        document: Some(input.policy_document.clone()),
        version_id: Some(format!("v{}", number.saturating_add(1))),
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
    let document = policy(call, arn)?.ok_or_else(|| unknown(arn))?;
    let mut version = document
        .versions
        .into_iter()
        .find(|version| version.version_id.as_deref() == Some(&*input.version_id))
        .ok_or_else(|| unknown_version(arn, &input.version_id))?;
    version.document = version.document.map(|text| documents_of::encoded(&text));
    Ok(GetPolicyVersionResponse { policy_version: Some(version) })
}

fn list_policy_versions(
    call: &mut Call<'_, '_>,
    input: &ListPolicyVersionsRequest,
) -> Outcome<ListPolicyVersionsResponse> {
    let document = policy(call, &input.policy_arn)?.ok_or_else(|| unknown(&input.policy_arn))?;
    let newest_first = document.versions.into_iter().rev();
    let versions = newest_first.map(|version| PolicyVersion { document: None, ..version }).collect();
    let page = listing::page(versions, input.marker.as_deref(), input.max_items)?;
    Ok(ListPolicyVersionsResponse {
        versions: Some(page.items),
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

fn delete_policy_version(call: &mut Call<'_, '_>, input: &DeletePolicyVersionRequest) -> Outcome<Empty> {
    let mut document = own_policy(call, &input.policy_arn)?;
    let place = document
        .versions
        .iter()
        .position(|version| version.version_id.as_deref() == Some(&*input.version_id))
        .ok_or_else(|| unknown_version(&input.policy_arn, &input.version_id))?;
    if document.versions.get(place).is_some_and(|version| version.is_default_version == Some(true)) {
        let text = "Cannot delete the default version of a policy.";
        return Err(ServiceError::new(&DELETE_CONFLICT_EXCEPTION, text).into());
    }
    document.versions.remove(place);
    put(call, &input.policy_arn, &document)?;
    Ok(Empty {})
}

fn tag_policy(call: &mut Call<'_, '_>, input: &TagPolicyRequest) -> Outcome<Empty> {
    let mut document = own_policy(call, &input.policy_arn)?;
    add_tags(&mut document.policy.tags, &input.tags);
    put(call, &input.policy_arn, &document)?;
    Ok(Empty {})
}

fn untag_policy(call: &mut Call<'_, '_>, input: &UntagPolicyRequest) -> Outcome<Empty> {
    let mut document = own_policy(call, &input.policy_arn)?;
    remove_tags(&mut document.policy.tags, &input.tag_keys);
    put(call, &input.policy_arn, &document)?;
    Ok(Empty {})
}

fn list_policy_tags(
    call: &mut Call<'_, '_>,
    input: &ListPolicyTagsRequest,
) -> Outcome<ListPolicyTagsResponse> {
    let document = policy(call, &input.policy_arn)?.ok_or_else(|| unknown(&input.policy_arn))?;
    let tags = document.policy.tags.unwrap_or_default();
    let page = listing::page(tags, input.marker.as_deref(), input.max_items)?;
    Ok(ListPolicyTagsResponse { tags: page.items, is_truncated: page.is_truncated, marker: page.marker })
}
