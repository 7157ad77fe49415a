//! Resource policies: who outside the account, and which services, may invoke a function.

use api::Empty;
use api::lambda::errors::POLICY_LENGTH_EXCEEDED_EXCEPTION;
use api::lambda::operations as op;
use api::lambda::{
    AddPermissionRequest, AddPermissionResponse, GetPolicyRequest, GetPolicyResponse, RemovePermissionRequest,
};
use base::ids;
use documents::lambda::{FunctionAliasDocument, FunctionVersionDocument, ResourcePolicy, qualified};
use serde_json::{Map, Value, json};
use wire::ServiceError;

use super::names::FunctionName;
use super::{check_revision, conflict, function, invalid, not_found, put_function};
use crate::Registry;
use crate::call::{Call, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::AddPermission, add_permission)
        .write(op::RemovePermission, remove_permission)
        .read(op::GetPolicy, get_policy);
}

/// Lambda quotas, "Resource-based policy": 20 KB.
const POLICY_BYTES: usize = 20 * 1024;

/// The policy of what `name` means: the function, a version, or an alias.
fn policy(call: &mut Call<'_, '_>, name: &FunctionName) -> Outcome<Option<ResourcePolicy>> {
    let document = function(call, name)?;
    let scope = call.scope().clone();
    let Some(qualifier) = name.qualifier.as_deref() else { return Ok(document.policy) };
    let key = qualified(&name.name, qualifier);
    if let Some(alias) = call.tx.get::<FunctionAliasDocument>(&scope, &key)? {
        return Ok(alias.policy);
    }
    let version = call.tx.get::<FunctionVersionDocument>(&scope, &key)?;
    Ok(version.ok_or_else(|| not_found(format!("Function not found: {}", name.arn(&scope))))?.policy)
}

fn put_policy(call: &mut Call<'_, '_>, name: &FunctionName, policy: Option<ResourcePolicy>) -> Outcome<()> {
    let mut document = function(call, name)?;
    let scope = call.scope().clone();
    let Some(qualifier) = name.qualifier.as_deref() else {
        document.policy = policy;
        return put_function(call, &name.name, &document);
    };
    let key = qualified(&name.name, qualifier);
    if let Some(mut alias) = call.tx.get::<FunctionAliasDocument>(&scope, &key)? {
        alias.policy = policy;
        return Ok(call.tx.put(&scope, &key, &alias)?);
    }
    if let Some(mut version) = call.tx.get::<FunctionVersionDocument>(&scope, &key)? {
        version.policy = policy;
        call.tx.put(&scope, &key, &version)?;
    }
    Ok(())
}

fn statements(policy: &ResourcePolicy) -> Vec<Value> {
    policy.document.get("Statement").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn sid(statement: &Value) -> Option<&str> {
    statement.get("Sid").and_then(Value::as_str)
}

fn of(statements: Vec<Value>, revision_id: String) -> ResourcePolicy {
    ResourcePolicy {
        document: json!({"Version": "2012-10-17", "Id": "default", "Statement": statements}),
        revision_id,
    }
}

/// `Principal` as a statement writes it: services by name, accounts as their root.
fn principal(given: &str) -> Value {
    let is_account = given.len() == 12 && given.bytes().all(|c| c.is_ascii_digit());
    if given == "*" {
        json!("*")
    } else if is_account {
        json!({"AWS": format!("arn:aws:iam::{given}:root")})
    } else if given.starts_with("arn:") {
        json!({"AWS": given})
    } else {
        json!({"Service": given})
    }
}

fn condition(input: &AddPermissionRequest) -> Option<Value> {
    let mut condition = Map::new();
    let mut equals = Map::new();
    if let Some(account) = &input.source_account {
        equals.insert("AWS:SourceAccount".to_owned(), json!(account));
    }
    if let Some(organization) = &input.principal_org_id {
        equals.insert("aws:PrincipalOrgID".to_owned(), json!(organization));
    }
    if let Some(token) = &input.event_source_token {
        equals.insert("lambda:EventSourceToken".to_owned(), json!(token));
    }
    if !equals.is_empty() {
        condition.insert("StringEquals".to_owned(), Value::Object(equals));
    }
    if let Some(arn) = &input.source_arn {
        condition.insert("ArnLike".to_owned(), json!({"AWS:SourceArn": arn}));
    }
    (!condition.is_empty()).then_some(Value::Object(condition))
}

fn add_permission(call: &mut Call<'_, '_>, input: &AddPermissionRequest) -> Outcome<AddPermissionResponse> {
    let name = FunctionName::parse(&input.function_name, input.qualifier.as_deref())?;
    let present = policy(call, &name)?;
    check_revision(input.revision_id.as_deref(), present.as_ref().map(|policy| &*policy.revision_id))?;
    if input.function_url_auth_type.is_some() || input.invoked_via_function_url.is_some() {
        return Err(invalid("Permissions of function URLs are not built yet."));
    }
    let mut all = present.as_ref().map(statements).unwrap_or_default();
    if all.iter().any(|statement| sid(statement) == Some(&input.statement_id)) {
        return Err(conflict(format!(
            "The statement id ({}) provided already exists. Please provide a new statement id, or remove the \
             existing statement.",
            input.statement_id
        )));
    }
    let mut statement = json!({
        "Sid": input.statement_id,
        "Effect": "Allow",
        "Principal": principal(&input.principal),
        "Action": input.action,
        "Resource": name.arn(call.scope()),
    });
    if let (Some(condition), Some(statement)) = (condition(input), statement.as_object_mut()) {
        statement.insert("Condition".to_owned(), condition);
    }
    all.push(statement.clone());
    let changed = of(all, ids::uuid(&call.plane.random));
    let text = changed.document.to_string();
    if text.len() > POLICY_BYTES {
        let text =
            format!("The final policy size ({}) is bigger than the limit ({POLICY_BYTES}).", text.len());
        return Err(ServiceError::new(&POLICY_LENGTH_EXCEEDED_EXCEPTION, text).with("Type", "User").into());
    }
    // What cannot be evaluated must not be stored: it would refuse every invocation later.
    if let Err(why) = ::policy::Policy::parse(&text) {
        return Err(invalid(format!("The permission cannot be understood: {why}")));
    }
    put_policy(call, &name, Some(changed))?;
    Ok(AddPermissionResponse { statement: Some(statement.to_string()) })
}

fn remove_permission(call: &mut Call<'_, '_>, input: &RemovePermissionRequest) -> Outcome<Empty> {
    let name = FunctionName::parse(&input.function_name, input.qualifier.as_deref())?;
    let Some(present) = policy(call, &name)? else {
        return Err(not_found("No policy is associated with the given resource."));
    };
    check_revision(input.revision_id.as_deref(), Some(&present.revision_id))?;
    let before = statements(&present);
    let after: Vec<_> =
        before.iter().filter(|statement| sid(statement) != Some(&input.statement_id)).cloned().collect();
    if after.len() == before.len() {
        return Err(not_found(format!("Statement {} is not found in resource policy.", input.statement_id)));
    }
    let changed = (!after.is_empty()).then(|| of(after, ids::uuid(&call.plane.random)));
    put_policy(call, &name, changed)?;
    Ok(Empty {})
}

fn get_policy(call: &mut Call<'_, '_>, input: &GetPolicyRequest) -> Outcome<GetPolicyResponse> {
    let name = FunctionName::parse(&input.function_name, input.qualifier.as_deref())?;
    let policy =
        policy(call, &name)?.ok_or_else(|| not_found("The resource you requested does not exist."))?;
    Ok(GetPolicyResponse { policy: Some(policy.document.to_string()), revision_id: Some(policy.revision_id) })
}
