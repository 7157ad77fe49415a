//! MOCK: no backend. The request template gives `{"statusCode": 200}`, and that number
//! chooses the integration response.

mod lenient;

use http::StatusCode;

use crate::exchange::{ConfigurationFault, Refusal};
use crate::mapping::responses::IntegrationResponses;
use crate::mapping::templates::{Compiled, Passthrough, Templates};

/// A MOCK integration.
#[derive(Clone, Debug)]
pub struct Mock {
    /// The request templates.
    pub templates: Templates,
    /// What happens to payloads that meet none of them.
    pub passthrough: Passthrough,
    /// The integration responses.
    pub responses: IntegrationResponses,
    /// The status that each template gives that needs no request, in their order.
    known: Vec<Option<StatusCode>>,
}

impl Mock {
    /// Of its compiled parts.
    #[must_use]
    pub fn new(templates: Templates, passthrough: Passthrough, responses: IntegrationResponses) -> Self {
        let known = templates
            .iter()
            .map(|(_, template)| {
                template.and_then(|template| template.constant()).and_then(|text| status(text).ok())
            })
            .collect();
        Self { templates, passthrough, responses, known }
    }

    /// The status that one of its templates gives whatever the request, if it does.
    #[must_use]
    pub fn known(&self, template: &Compiled) -> Option<StatusCode> {
        *self.known.get(self.templates.place(template)?)?
    }
}

/// The `statusCode` of a rendered request template, or of the client's own payload where that
/// is passed on.
///
/// # Errors
/// If it has none.
pub fn status(text: &[u8]) -> Result<StatusCode, Refusal> {
    std::str::from_utf8(text)
        .ok()
        .and_then(lenient::status_code)
        .and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or(Refusal::ApiConfigurationError(ConfigurationFault::MockStatus))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_status_codes_are_taken() {
        let check = |text: &str, expected: Option<u16>| {
            assert_eq!(status(text.as_bytes()).ok().map(|status| status.as_u16()), expected, "{text}");
        };
        check("{\"statusCode\": 200}", Some(200));
        check("{\"statusCode\": 99}", None);
        check("{\"statusCode\": 1000}", None);
        check("", None);
        assert!(status(b"\xff").is_err());
    }
}
