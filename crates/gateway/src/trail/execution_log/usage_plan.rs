//! What the check of API keys writes. Texts as AWS's support pages and its users quote them, but for
//! [`ExecutionLog::key_authorized`].

use super::wording::redacted;
use super::{Detail, ExecutionLog};
use crate::exchange::Matched;

impl ExecutionLog {
    /// The method requires no key.
    pub(crate) fn no_key_required(&mut self, matched: &Matched<'_>) {
        if self.is_test() {
            return;
        }
        self.verifying(matched, || None);
        self.write(Detail::Steps, || {
            let (verb, path) = (&matched.request.method, &matched.method.resource.path);
            format!(
                "API Key authorized because method '{verb} {path}' does not require API Key. Request will not \
                 contribute to throttle or quota limits"
            )
        });
        self.succeeded(matched, || None);
    }

    /// The key with this value is about to be looked for.
    pub(crate) fn verifying<'a>(&mut self, matched: &Matched<'_>, value: impl FnOnce() -> Option<&'a str>) {
        self.write(Detail::Steps, || {
            let (id, facts) = (matched.request.ids.request_id(), &matched.stage.facts);
            let (api, stage) = (&facts.api_id, &facts.stage);
            format!(
                "Verifying Usage Plan for request: {id}. API Key:{} API Stage: {api}/{stage}",
                shown(value())
            )
        });
    }

    /// The key may call the method. The first line is not recorded.
    pub(crate) fn key_authorized<'a>(&mut self, matched: &Matched<'_>, value: impl Fn() -> Option<&'a str>) {
        self.write(Detail::Steps, || {
            let (verb, path) = (&matched.request.method, &matched.method.resource.path);
            format!(
                "API Key{} authorized because method '{verb} {path}' requires API Key and API Key is associated \
                 with a Usage Plan. Request will contribute to throttle and quota limits",
                shown(value())
            )
        });
        self.succeeded(matched, value);
    }

    fn succeeded<'a>(&mut self, matched: &Matched<'_>, value: impl FnOnce() -> Option<&'a str>) {
        self.write(Detail::Steps, || {
            let (api, stage) = (&matched.stage.facts.api_id, &matched.stage.facts.stage);
            format!("Usage Plan check succeeded for API Key{} and API Stage {api}/{stage}", shown(value()))
        });
    }
}

/// A blank and the end of the key, if there is one.
fn shown(value: Option<&str>) -> String {
    value.filter(|value| !value.is_empty()).map(|value| format!(" {}", redacted(value))).unwrap_or_default()
}
