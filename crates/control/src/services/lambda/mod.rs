//! Lambda, as far as API Gateway's users need it: functions from zip packages, their versions,
//! aliases, permissions, concurrency and tags, and invoking them. The operations and their
//! texts follow the Lambda API reference; running is the business of `ports::functions`.

mod aliases;
mod concurrency;
mod configuration;
mod create_function;
mod functions;
mod invoke;
mod listing;
mod names;
mod package;
mod permissions;
mod tags;
mod update_function;
mod versions;

#[cfg(test)]
mod tests;

use api::lambda::errors::{
    INVALID_PARAMETER_VALUE_EXCEPTION, PRECONDITION_FAILED_EXCEPTION, RESOURCE_CONFLICT_EXCEPTION,
    RESOURCE_NOT_FOUND_EXCEPTION,
};
use documents::lambda::{FunctionAliasDocument, FunctionDocument, FunctionVersionDocument, qualified};
use store::Key;
use wire::ServiceError;

use crate::Registry;
use crate::call::{Call, Failure, Outcome};
pub(crate) use names::FunctionName;

pub(super) fn register(registry: &mut Registry) {
    create_function::register(registry);
    update_function::register(registry);
    functions::register(registry);
    versions::register(registry);
    aliases::register(registry);
    permissions::register(registry);
    concurrency::register(registry);
    tags::register(registry);
    invoke::register(registry);
}

fn invalid(text: impl Into<String>) -> Failure {
    ServiceError::new(&INVALID_PARAMETER_VALUE_EXCEPTION, text).with("Type", "User").into()
}

fn not_found(text: impl Into<String>) -> Failure {
    ServiceError::new(&RESOURCE_NOT_FOUND_EXCEPTION, text).with("Type", "User").into()
}

fn conflict(text: impl Into<String>) -> Failure {
    ServiceError::new(&RESOURCE_CONFLICT_EXCEPTION, text).with("Type", "User").into()
}

/// Refuses a change that was made for another revision than the present one. `operation` is
/// where the caller may read the present one.
fn check_revision(asked: Option<&str>, present: Option<&str>, operation: &str) -> Outcome<()> {
    match asked {
        Some(asked) if present != Some(asked) => {
            let text = format!(
                "The Revision Id provided does not match the latest Revision Id. Call the {operation} API to \
                 retrieve the latest Revision Id"
            );
            Err(ServiceError::new(&PRECONDITION_FAILED_EXCEPTION, text).with("Type", "User").into())
        }
        _ => Ok(()),
    }
}

/// Where revisions of functions and aliases are read.
const READ_FUNCTION: &str = "GetFunction/GetAlias";

/// The function that `name` means, or `ResourceNotFoundException`.
fn function(call: &mut Call<'_, '_>, name: &FunctionName) -> Outcome<FunctionDocument> {
    name.require_within(call.context)?;
    call.tx
        .get::<FunctionDocument>(&call.context.scope, &Key::new([&*name.name]))?
        .ok_or_else(|| not_found(format!("Function not found: {}", name.arn(&call.context.scope))))
}

fn put_function(call: &mut Call<'_, '_>, name: &str, document: &FunctionDocument) -> Outcome<()> {
    Ok(call.tx.put(&call.context.scope, &Key::new([name]), document)?)
}

/// What a qualifier leads to.
enum Target {
    /// What is not published.
    Latest,
    Version(Box<FunctionVersionDocument>),
    Alias(Box<FunctionAliasDocument>),
}

/// The function that `name` means and what its qualifier leads to.
fn target(call: &mut Call<'_, '_>, name: &FunctionName) -> Outcome<(FunctionDocument, Target)> {
    let document = function(call, name)?;
    let Some(qualifier) = name.published() else { return Ok((document, Target::Latest)) };
    let (scope, key) = (&call.context.scope, qualified(&name.name, qualifier));
    if let Some(alias) = call.tx.get::<FunctionAliasDocument>(scope, &key)? {
        return Ok((document, Target::Alias(Box::new(alias))));
    }
    match call.tx.get::<FunctionVersionDocument>(scope, &key)? {
        Some(version) => Ok((document, Target::Version(Box::new(version)))),
        None => Err(not_found(format!("Function not found: {}", name.arn(scope)))),
    }
}
