//! Resource policies: who outside the account, and which services, may invoke a function.

use api::Empty;
use api::lambda::errors::POLICY_LENGTH_EXCEEDED_EXCEPTION;
use api::lambda::operations as op;
use api::lambda::{
    AddPermissionRequest, AddPermissionResponse, GetPolicyRequest, GetPolicyResponse, RemovePermissionRequest,
};
use base::ids;
use documents::lambda::{FunctionDocument, ResourcePolicy, qualified};
use policy::Policy;
use serde_json::{Map, Value, json};
use wire::ServiceError;

use super::names::{FunctionName, LATEST};
use super::{READ_FUNCTION, Target, check_revision, conflict, invalid, not_found, put_function, target};
use crate::Registry;
use crate::call::{Call, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::AddPermission, add_permission)
        .write(op::RemovePermission, remove_permission)
        .read(op::GetPolicy, get_policy);
}

/// Where revisions of policies are read.
const READ_POLICY: &str = "GetPolicy";

/// Lambda quotas, "Resource-based policy": 20 KB.
const POLICY_BYTES: usize = 20 * 1024;

/// What a policy belongs to.
struct Holder {
    document: FunctionDocument,
    target: Target,
}

impl Holder {
    fn read(call: &mut Call<'_, '_>, name: &FunctionName) -> Outcome<Self> {
        let (document, target) = target(call, name)?;
        Ok(Self { document, target })
    }

    fn policy(&self) -> Option<&ResourcePolicy> {
        match &self.target {
            Target::Latest => self.document.policy.as_ref(),
            Target::Version(version) => version.policy.as_ref(),
            Target::Alias(alias) => alias.policy.as_ref(),
        }
    }

    /// Policies share the revision of what they belong to.
    fn revision(&self) -> Option<&str> {
        match &self.target {
            Target::Latest => self.document.configuration.revision_id.as_deref(),
            Target::Version(version) => version.configuration.revision_id.as_deref(),
            Target::Alias(alias) => alias.alias.revision_id.as_deref(),
        }
    }

    /// Stores `statements`; without any there is no policy.
    fn put(self, call: &mut Call<'_, '_>, name: &FunctionName, statements: Vec<Value>) -> Outcome<()> {
        let revision = ids::uuid(&call.plane.random);
        let policy = (!statements.is_empty())
            .then(|| ResourcePolicy { document: of(statements), revision_id: revision.clone() });
        let key = qualified(&name.name, name.published().unwrap_or_default());
        match self.target {
            Target::Latest => {
                let mut document = self.document;
                document.policy = policy;
                document.configuration.revision_id = Some(revision);
                put_function(call, &name.name, &document)
            }
            Target::Version(mut version) => {
                version.policy = policy;
                version.configuration.revision_id = Some(revision);
                Ok(call.tx.put(&call.context.scope, &key, &*version)?)
            }
            Target::Alias(mut alias) => {
                alias.policy = policy;
                alias.alias.revision_id = Some(revision);
                Ok(call.tx.put(&call.context.scope, &key, &*alias)?)
            }
        }
    }
}

fn statements(policy: &ResourcePolicy) -> Vec<Value> {
    policy.document.get("Statement").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn sid(statement: &Value) -> Option<&str> {
    statement.get("Sid").and_then(Value::as_str)
}

/// The policy of these statements.
fn of(statements: Vec<Value>) -> Value {
    json!({"Version": "2012-10-17", "Id": "default", "Statement": statements})
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
    if name.qualifier.as_deref() == Some(LATEST) {
        return Err(invalid("We currently do not support adding policies for $LATEST."));
    }
    let holder = Holder::read(call, &name)?;
    check_revision(input.revision_id.as_deref(), holder.revision(), READ_POLICY)?;
    if input.function_url_auth_type.is_some() || input.invoked_via_function_url.is_some() {
        return Err(invalid("Permissions of function URLs are not built yet."));
    }
    let mut all = holder.policy().map(statements).unwrap_or_default();
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
    if Policy::from_value(&of(vec![statement.clone()])).is_err() {
        return Err(invalid("The provided principal was invalid. Please check the principal and try again."));
    }
    if let (Some(condition), Some(statement)) = (condition(input), statement.as_object_mut()) {
        statement.insert("Condition".to_owned(), condition);
    }
    all.push(statement.clone());
    let policy = of(all.clone());
    let size = policy.to_string().len();
    if size > POLICY_BYTES {
        let text = format!("The final policy size ({size}) is bigger than the limit ({POLICY_BYTES}).");
        return Err(ServiceError::new(&POLICY_LENGTH_EXCEEDED_EXCEPTION, text).with("Type", "User").into());
    }
    // What cannot be evaluated must not be stored: it would refuse every invocation later.
    if let Err(why) = Policy::from_value(&policy) {
        return Err(invalid(format!("The permission cannot be understood: {why}")));
    }
    holder.put(call, &name, all)?;
    Ok(AddPermissionResponse { statement: Some(statement.to_string()) })
}

fn remove_permission(call: &mut Call<'_, '_>, input: &RemovePermissionRequest) -> Outcome<Empty> {
    let name = FunctionName::parse(&input.function_name, input.qualifier.as_deref())?;
    let holder = Holder::read(call, &name)?;
    let Some(present) = holder.policy() else {
        return Err(not_found("No policy is associated with the given resource."));
    };
    let before = statements(present);
    let after: Vec<_> =
        before.iter().filter(|statement| sid(statement) != Some(&input.statement_id)).cloned().collect();
    if after.len() == before.len() {
        return Err(not_found(format!("Statement {} is not found in resource policy.", input.statement_id)));
    }
    check_revision(input.revision_id.as_deref(), holder.revision(), READ_FUNCTION)?;
    holder.put(call, &name, after)?;
    Ok(Empty {})
}

fn get_policy(call: &mut Call<'_, '_>, input: &GetPolicyRequest) -> Outcome<GetPolicyResponse> {
    let name = FunctionName::parse(&input.function_name, input.qualifier.as_deref())?;
    let holder = Holder::read(call, &name)?;
    let policy = holder.policy().ok_or_else(|| not_found("The resource you requested does not exist."))?;
    Ok(GetPolicyResponse {
        policy: Some(policy.document.to_string()),
        revision_id: holder.revision().map(str::to_owned),
    })
}
