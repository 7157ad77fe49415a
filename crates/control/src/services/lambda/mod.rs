//! Lambda, as far as API Gateway's users need it: functions from zip packages, their versions,
//! aliases, permissions, concurrency and tags, and invoking them. The operations and their
//! texts follow the Lambda API reference; running is the business of `ports::functions`.

mod aliases;
mod concurrency;
mod configuration;
mod functions;
mod invoke;
mod names;
mod permissions;
mod tags;
mod versions;

use api::lambda::errors::{
    INVALID_PARAMETER_VALUE_EXCEPTION, PRECONDITION_FAILED_EXCEPTION, RESOURCE_CONFLICT_EXCEPTION,
    RESOURCE_NOT_FOUND_EXCEPTION,
};
use documents::lambda::FunctionDocument;
use store::Key;
use wire::ServiceError;

use crate::Registry;
use crate::call::{Call, Failure, Outcome};

pub(super) fn register(registry: &mut Registry) {
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

/// Refuses a change that was made for another revision than the present one.
fn check_revision(asked: Option<&str>, present: Option<&str>) -> Outcome<()> {
    match asked {
        Some(asked) if present != Some(asked) => {
            let text = "The Revision Id provided does not match the latest Revision Id. Call the \
                        GetFunction/GetAlias API to retrieve the latest Revision Id";
            Err(ServiceError::new(&PRECONDITION_FAILED_EXCEPTION, text).with("Type", "User").into())
        }
        _ => Ok(()),
    }
}

/// The function that `name` means, or `ResourceNotFoundException`.
fn function(call: &mut Call<'_, '_>, name: &names::FunctionName) -> Outcome<FunctionDocument> {
    let scope = call.scope().clone();
    if !name.is_within(&scope) {
        return Err(not_found(format!("Function not found: {}", name.arn(&scope))));
    }
    call.tx
        .get::<FunctionDocument>(&scope, &Key::new([&*name.name]))?
        .ok_or_else(|| not_found(format!("Function not found: {}", name.arn(&scope))))
}

fn put_function(call: &mut Call<'_, '_>, name: &str, document: &FunctionDocument) -> Outcome<()> {
    let scope = call.scope().clone();
    Ok(call.tx.put(&scope, &Key::new([name]), document)?)
}
