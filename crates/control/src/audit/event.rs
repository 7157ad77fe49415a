//! A record in CloudTrail's form (CloudTrail user guide, "CloudTrail record contents for management,
//! data, and network activity events").

use documents::cloudtrail::{TrailEvent, TrailRecord, UserIdentity};
use serde_json::{Value, json};
use wire::ServiceError;

use super::{Entry, kinds, resources};
use crate::call::{CallContext, Caller, Identity};

/// The form's version.
const VERSION: &str = "1.11";

/// Bytes of the parameters, and of the elements, that a record holds at most: the same page.
const MAXIMUM_FIELD: usize = 100 * 1024;

/// Bytes of an error's text and of a client's name: the same page; what is longer is cut.
const MAXIMUM_TEXT: usize = 1024;

/// The record of a call that was answered with these elements or refused with this error.
pub(super) fn record(
    context: &CallContext,
    entry: &Entry,
    elements: Option<Value>,
    error: Option<&ServiceError>,
    event_id: String,
) -> TrailRecord {
    let (caller, operation) = (&context.caller, entry.operation);
    let service = Some(operation.service);
    let resources = resources::named(operation, entry.parameters.as_ref(), elements.as_ref());
    let is_empty = |value: &Value| value.as_object().is_some_and(serde_json::Map::is_empty);
    let event = TrailEvent {
        event_version: VERSION.to_owned(),
        user_identity: identity(caller),
        event_time: context.now.iso8601(),
        event_source: kinds::event_source(operation),
        event_name: kinds::event_name(operation),
        aws_region: context.scope.region().to_owned(),
        source_ip_address: match context.source_ip {
            Some(address) => address.to_string(),
            None => "AWS Internal".to_owned(),
        },
        user_agent: context.user_agent.as_deref().map(cut),
        error_code: error.map(|error| error.code(service).into_owned()),
        error_message: error.and_then(ServiceError::message).map(cut),
        request_parameters: entry.parameters.clone().filter(|value| !is_empty(value)).map(bounded),
        response_elements: elements.filter(|value| !is_empty(value)).map(bounded),
        request_id: context.request_id.clone(),
        event_id,
        read_only: kinds::is_read_only(operation),
        event_type: "AwsApiCall".to_owned(),
        management_event: true,
        recipient_account_id: caller.account.clone(),
        event_category: "Management".to_owned(),
    };
    TrailRecord { event, username: username(caller).to_owned(), resources }
}

/// A field that is not too long for a record; AWS omits the content of one that is.
fn bounded(value: Value) -> Value {
    let size = value.to_string().len();
    if size <= MAXIMUM_FIELD {
        return value;
    }
    // The words are not recorded.
    json!({"omitted": true, "originalSize": size, "reason": "The field exceeds 100 KB"})
}

/// A text cut to the bytes that a record takes.
fn cut(text: &str) -> String {
    let end = (0..=text.len().min(MAXIMUM_TEXT)).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default().to_owned()
}

/// CloudTrail user guide, "CloudTrail userIdentity element".
fn identity(caller: &Caller) -> UserIdentity {
    let (kind, user_name, session_context) = match &caller.identity {
        Identity::Root => ("Root", None, None),
        Identity::User { name, .. } => ("IAMUser", Some(name.clone()), None),
        Identity::Session { role_arn, role_name, id, issued, .. } => {
            let issuer = json!({
                "type": "Role",
                "principalId": id.split(':').next(),
                "arn": role_arn,
                "accountId": caller.account,
                "userName": role_name,
            });
            let attributes = json!({"creationDate": issued.iso8601(), "mfaAuthenticated": "false"});
            ("AssumedRole", None, Some(json!({"sessionIssuer": issuer, "attributes": attributes})))
        }
    };
    UserIdentity {
        kind: kind.to_owned(),
        principal_id: caller.user_id().to_owned(),
        arn: caller.arn().into_owned(),
        account_id: caller.account.clone(),
        access_key_id: caller.access_key_id.clone(),
        user_name,
        session_context,
    }
}

/// The name by which `LookupEvents` finds the caller.
fn username(caller: &Caller) -> &str {
    match &caller.identity {
        Identity::Root => "root",
        Identity::User { name, .. } => name,
        Identity::Session { id, .. } => id.split_once(':').map_or(id.as_str(), |(_, session)| session),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_letters() {
        assert_eq!(cut("short"), "short");
        assert_eq!(cut(&"a".repeat(1024)).len(), 1024);
        assert_eq!(cut(&"a".repeat(1025)).len(), 1024);
        assert_eq!(cut(&"é".repeat(600)).len(), 1024);
        assert_eq!(cut(&format!("a{}", "é".repeat(600))).len(), 1023);
    }

    #[test]
    fn fields_that_are_too_long_are_omitted() {
        // Two quotes around each.
        let fits = Value::String("a".repeat(MAXIMUM_FIELD - 2));
        assert_eq!(bounded(fits.clone()), fits);
        let long = bounded(Value::String("a".repeat(MAXIMUM_FIELD - 1)));
        assert_eq!(
            long,
            json!({"omitted": true, "originalSize": 102_401, "reason": "The field exceeds 100 KB"})
        );
    }
}
