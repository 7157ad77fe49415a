//! Any bytes as what a function answers an HTTP API, and what an authorizer's function does.

use bytes::Bytes;
use gateway::http_api::texts::{authorizer_answer, function_answer};

pub(crate) fn run(input: &[u8]) {
    let payload = Bytes::copy_from_slice(input);
    for status in function_answer(&payload).into_iter().flatten() {
        assert!(!status.is_informational(), "{status}");
    }
    let [simple, policy] = authorizer_answer(&payload);
    // No answer is a verdict unless it says so in its own words.
    assert!(!simple || payload.windows(12).any(|part| part == b"isAuthorized") || payload.contains(&b'\\'));
    assert!(!policy || payload.windows(14).any(|part| part == b"policyDocument") || payload.contains(&b'\\'));
}
