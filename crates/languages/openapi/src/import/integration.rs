//! `x-amazon-apigateway-integration` of a method.

use api::apigateway::{Integration, IntegrationResponse, IntegrationType, TlsConfig};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::reader::{Place, Reader, flag, string, text};

pub(super) fn read(
    reader: &mut Reader<'_>,
    operation: &Map<String, Value>,
    at: Place<'_>,
) -> Option<Integration> {
    let given = operation.get("x-amazon-apigateway-integration").filter(|given| !given.is_null())?;
    let Some(given) = given.as_object() else {
        let Place { path, verb } = at;
        reader.error(refusal(path, verb, "The integration is not an object"));
        return None;
    };
    let mut reading = Reading { reader, at, given };
    let kind: IntegrationType = reading.named("type")?;
    let tls_config = given.get("tlsConfig").and_then(Value::as_object).map(|given| TlsConfig {
        insecure_skip_verification: given.get("insecureSkipVerification").map(flag),
    });
    // What is no number of milliseconds is as bad as one that is too low.
    let timeout = given.get("timeoutInMillis").filter(|timeout| !timeout.is_null());
    let timeout = timeout.map(|timeout| text(timeout).and_then(|ms| ms.parse().ok()).unwrap_or(-1));
    let keys = given.get("cacheKeyParameters").and_then(Value::as_array);
    Some(Integration {
        r#type: Some(kind),
        http_method: string(given, "httpMethod"),
        uri: string(given, "uri"),
        connection_type: reading.named("connectionType"),
        connection_id: string(given, "connectionId"),
        credentials: string(given, "credentials"),
        request_parameters: reading.strings(given, "requestParameters"),
        request_templates: reading.templates(given, "requestTemplates"),
        passthrough_behavior: string(given, "passthroughBehavior").map(|text| text.to_ascii_uppercase()),
        content_handling: reading.named("contentHandling"),
        timeout_in_millis: timeout,
        cache_namespace: string(given, "cacheNamespace"),
        cache_key_parameters: keys.map(|keys| keys.iter().filter_map(text).collect()),
        integration_responses: reading.responses(),
        tls_config,
        response_transfer_mode: reading.named("responseTransferMode"),
        integration_target: string(given, "integrationTarget"),
    })
}

/// As users of AWS report it.
fn refusal(path: &str, verb: &str, why: &str) -> String {
    format!("Unable to put integration on '{verb}' for resource at path '{path}': {why}")
}

struct Reading<'r, 'd, 'p> {
    reader: &'r mut Reader<'d>,
    at: Place<'p>,
    given: &'r Map<String, Value>,
}

impl Reading<'_, '_, '_> {
    /// One of an enumeration's values, in any case; a missing type is wrong as well. The text is
    /// not recorded.
    fn named<T: std::str::FromStr>(&mut self, member: &str) -> Option<T> {
        let given = string(self.given, member);
        if given.is_none() && member != "type" {
            return None;
        }
        let given = given.unwrap_or_default();
        let value = given.to_ascii_uppercase().parse().ok();
        if value.is_none() {
            let Place { path, verb } = self.at;
            self.reader.error(refusal(path, verb, &format!("Invalid {member} specified: {given}")));
        }
        value
    }

    fn entries<T>(
        &mut self,
        given: &Map<String, Value>,
        member: &str,
        take: impl Fn(&Value) -> Option<T>,
    ) -> Option<IndexMap<String, T>> {
        let given = given.get(member).filter(|given| !given.is_null())?;
        let Some(members) = given.as_object() else {
            self.reader.wrong_type(self.at, "x-amazon-apigateway-integration", member, "object", given);
            return None;
        };
        let mut entries = IndexMap::new();
        for (name, value) in members {
            match take(value) {
                Some(taken) => drop(entries.insert(name.clone(), taken)),
                // Recorded from AWS: the entry is left out.
                None => self.reader.wrong_type(self.at, member, name, "string", value),
            }
        }
        Some(entries).filter(|entries| !entries.is_empty())
    }

    fn strings(&mut self, given: &Map<String, Value>, member: &str) -> Option<IndexMap<String, String>> {
        self.entries(given, member, |value| value.as_str().map(str::to_owned))
    }

    fn templates(
        &mut self,
        given: &Map<String, Value>,
        member: &str,
    ) -> Option<IndexMap<String, Option<String>>> {
        self.entries(given, member, |value| match value {
            Value::Null => Some(None),
            Value::String(text) => Some(Some(text.clone())),
            _ => None,
        })
    }

    /// By status code, where the document has them by pattern.
    fn responses(&mut self) -> Option<IndexMap<String, IntegrationResponse>> {
        let mut responses = IndexMap::new();
        for (pattern, given) in self.given.get("responses").and_then(Value::as_object).into_iter().flatten() {
            let status = given.get("statusCode").and_then(text).unwrap_or_default();
            let Some(given) = given.as_object().filter(|_| is_status_code(&status)) else {
                let Place { path, verb } = self.at;
                // The text is not recorded.
                self.reader.error(format!(
                    "Unable to put integration response on '{verb}' for resource at path '{path}': Invalid status \
                     code specified for '{pattern}'"
                ));
                continue;
            };
            let handling = string(given, "contentHandling");
            let content_handling = handling.and_then(|text| text.to_ascii_uppercase().parse().ok());
            let response = IntegrationResponse {
                status_code: Some(status.clone()),
                // Recorded from AWS: the default has none.
                selection_pattern: Some(pattern.clone()).filter(|pattern| pattern != "default"),
                response_parameters: self.strings(given, "responseParameters"),
                response_templates: self.templates(given, "responseTemplates"),
                content_handling,
            };
            responses.insert(status, response);
        }
        responses.sort_unstable_keys();
        Some(responses).filter(|responses| !responses.is_empty())
    }
}

/// `[1-5]\d\d`, as the model of `PutIntegrationResponse` has it.
pub(super) fn is_status_code(text: &str) -> bool {
    matches!(text.as_bytes(), [b'1'..=b'5', rest @ ..] if rest.len() == 2 && rest.iter().all(u8::is_ascii_digit))
}
