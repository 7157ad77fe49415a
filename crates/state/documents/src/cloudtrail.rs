//! Records of CloudTrail's event history: who did what, when, and how it ended.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Record;

/// Days for which records are kept (CloudTrail user guide, "Working with CloudTrail event
/// history").
pub const RECORDS_KEPT_DAYS: u16 = 90;

/// A record. It never holds a secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrailRecord {
    /// The event, as CloudTrail writes it.
    pub event: TrailEvent,
    /// The caller's short name: a user's, a session's, or `root`.
    pub username: String,
    /// What the event is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<TrailResource>,
}

impl Record for TrailRecord {
    const JOURNAL: &'static str = "cloudtrail/events";
}

/// Something that an event is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailResource {
    /// As AWS Config and CloudFormation call it: `AWS::ApiGateway::RestApi`.
    pub kind: String,
    /// Its id, name or ARN.
    pub name: String,
}

/// An event. Members and their order: CloudTrail user guide, "CloudTrail record contents for
/// management, data, and network activity events".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrailEvent {
    /// The version of this form.
    pub event_version: String,
    /// Who called.
    pub user_identity: UserIdentity,
    /// When, to the second, ISO 8601.
    pub event_time: String,
    /// The service: `apigateway.amazonaws.com`.
    pub event_source: String,
    /// The operation.
    pub event_name: String,
    /// The region of the signature.
    pub aws_region: String,
    /// From which address.
    #[serde(rename = "sourceIPAddress")]
    pub source_ip_address: String,
    /// What the client calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Why it was refused: the error's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// Why it was refused: the error's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// What was asked for; null if nothing could be read.
    pub request_parameters: Option<Value>,
    /// What was answered; null if nothing was, or the call was refused.
    pub response_elements: Option<Value>,
    /// The request's id, which the client was told too.
    #[serde(rename = "requestID")]
    pub request_id: String,
    /// This record's own id.
    #[serde(rename = "eventID")]
    pub event_id: String,
    /// Whether it changes nothing.
    pub read_only: bool,
    /// `AwsApiCall`.
    pub event_type: String,
    /// True: it is about definitions and not about data.
    pub management_event: bool,
    /// Whose event history it is in.
    pub recipient_account_id: String,
    /// `Management`.
    pub event_category: String,
}

/// Who called (CloudTrail user guide, "CloudTrail userIdentity element").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserIdentity {
    /// `Root`, `IAMUser` or `AssumedRole`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its unique id.
    pub principal_id: String,
    /// Its ARN.
    pub arn: String,
    /// The account.
    pub account_id: String,
    /// The key that signed.
    pub access_key_id: String,
    /// A user's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// How a session came to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_context: Option<Value>,
}
