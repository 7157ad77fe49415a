//! What the fuzz targets run: one function a target, which takes any bytes and must neither
//! panic nor hang. `fuzz/targets/` calls each of them under libFuzzer; `tests/seeds.rs` calls
//! them with the seeds of `fuzz/seeds/`, so that what was once found is found again by every
//! run of the tests.
//!
//! Inputs of several parts are texts in which a line `----` stands between them.

mod access_log;
mod compressed_payload;
mod function_package;
mod gateway_response;
mod http1_chunks;
mod http1_request;
mod http1_response;
mod http_function_answer;
mod http_mapping;
mod http_route;
mod http_token;
mod jsonpath_query;
mod log_chunk;
mod log_pattern;
mod model;
mod openapi_import;
mod policy_document;
mod proxy_answer;
mod request;
mod sigv4_request;
mod vtl_template;
mod websocket_route;
mod wire_request;
mod xml;

/// What a target runs.
pub type Target = fn(&[u8]);

/// Every target by its name, which is that of its file in `fuzz/targets/` and of its folder in
/// `fuzz/seeds/`.
pub const TARGETS: &[(&str, Target)] = &[
    ("access_log", access_log::run),
    ("compressed_payload", compressed_payload::run),
    ("function_package", function_package::run),
    ("gateway_response", gateway_response::run),
    ("http1_chunks", http1_chunks::run),
    ("http1_request", http1_request::run),
    ("http1_response", http1_response::run),
    ("http_function_answer", http_function_answer::run),
    ("http_mapping", http_mapping::run),
    ("http_route", http_route::run),
    ("http_token", http_token::run),
    ("jsonpath", jsonpath_query::run),
    ("log_chunk", log_chunk::run),
    ("log_pattern", log_pattern::run),
    ("model", model::run),
    ("openapi_import", openapi_import::run),
    ("policy_document", policy_document::run),
    ("proxy_answer", proxy_answer::run),
    ("sigv4_request", sigv4_request::run),
    ("vtl_template", vtl_template::run),
    ("websocket_route", websocket_route::run),
    ("wire_request", wire_request::run),
    ("xml", xml::run),
];

/// Runs the target of this name.
///
/// # Panics
/// If there is none, and if the target finds something.
pub fn run(target: &str, input: &[u8]) {
    let found = TARGETS.iter().find(|(name, _)| *name == target);
    assert!(found.is_some(), "there is no fuzz target {target}");
    if let Some((_, run)) = found {
        run(input);
    }
}

/// The first `N` parts of an input; what is not there is empty. Bytes that are no UTF-8 become
/// replacement characters, so that every input is one.
fn parts<const N: usize>(input: &[u8]) -> [String; N] {
    let text = String::from_utf8_lossy(input);
    let mut parts = text.splitn(N, "\n----\n").map(str::to_owned);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}
