//! Any bytes as an `Authorization` header and a query.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Vec<u8>, String)| {
    let (header, query) = input;
    let mut headers = http::HeaderMap::new();
    if let Ok(value) = http::HeaderValue::from_bytes(&header) {
        headers.insert(http::header::AUTHORIZATION, value);
    }
    let _ = sigv4::credential_scope(&headers, Some(&query));
});
