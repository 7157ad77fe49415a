//! Any text as a request: its method and target, then its headers, a line each, then its body.
//! Its signature is read and verified as it stands; and if it is signed, the signature holds,
//! for signer and verifier see the same canonical request.

use base::Timestamp;
use http::{HeaderMap, HeaderName, HeaderValue};
use sigv4::{Credentials, Payload, Request, SignatureError, SigningKeys, credential_scope, sign, verify};

const NOW: Timestamp = Timestamp::from_millis(1_795_421_083_000);

pub(crate) fn run(input: &[u8]) {
    let [target, lines, body] = crate::parts(input);
    let (method, target) = target.split_once(' ').unwrap_or(("GET", &target));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = HeaderMap::new();
    for (name, value) in lines.lines().filter_map(|line| line.split_once(':')) {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value.trim())) {
            headers.append(name, value);
        }
    }
    let credentials = Credentials::new("AKIAEXAMPLE", "secret");
    let keys = SigningKeys::new(4);
    let request = Request { method, path, query, authority: None, headers: &headers };
    let _ = credential_scope(&headers, Some(query));
    for payload in [Payload::Bytes(body.as_bytes()), Payload::Unsigned] {
        let _ = verify(&request, payload, &credentials, &keys, NOW);
        for service in ["execute-api", "s3"] {
            let Ok(added) = sign(&request, payload, &credentials, "us-west-2", service, NOW) else {
                continue;
            };
            let mut headers = headers.clone();
            for (name, value) in added {
                headers.insert(name, value);
            }
            let signed = Request { headers: &headers, ..request };
            let verified = verify(&signed, payload, &credentials, &keys, NOW);
            assert!(
                !matches!(verified, Err(SignatureError::Mismatch | SignatureError::PayloadMismatch)),
                "{verified:?} for {signed:?}"
            );
        }
    }
}
