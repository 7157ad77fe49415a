//! Every bound of the protocols in one place. They hold before anything is decoded, so that no
//! request makes memory grow by more than a fixed multiple of its size.

use api::ServiceTable;

/// The most bytes of a request body for most services. API Gateway's import takes 6 MB
/// (API Gateway quotas, "Amazon API Gateway important notes": maximum size of an API definition).
pub const BODY: usize = 10 * 1024 * 1024;

/// The most bytes of a request body for Lambda: an archive of 50 MB (Lambda quotas, "Deployment
/// package") as base64 text, and what stands around it.
pub const LAMBDA_BODY: usize = 70 * 1024 * 1024;

/// How deep values may nest.
pub const DEPTH: usize = 64;

/// How many values a request may hold in all. `PutLogEvents` has the most: 10 000 events of two
/// members each (CloudWatch Logs API reference).
pub const VALUES: usize = 250_000;

/// How many constraint violations are counted before the rest is left out.
pub const VIOLATIONS: usize = 500;

/// How many characters of a wrong value a message shows. Values that people write by hand stay
/// far below it.
pub const SHOWN_VALUE: usize = 4096;

/// The most bytes of a body for a service; the larger of the limits if it is not known yet.
#[must_use]
pub fn body(service: Option<&ServiceTable>) -> usize {
    match service {
        Some(service) if service.name != "lambda" => BODY,
        _ => LAMBDA_BODY,
    }
}
