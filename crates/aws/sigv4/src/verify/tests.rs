//! Signatures of AWS's own signer are verified and made; borders of time; everything that a
//! signature covers.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use proptest::prelude::*;

use super::*;
use crate::error::Missing;
use crate::vectors::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, VECTORS, Vector};
use crate::{MAX_EXPIRES, SigningError, presign, sign};

/// When the vectors were signed: 2026-11-23T08:04:43Z.
const SIGNED_AT: Timestamp = Timestamp::from_millis(1_795_421_083_000);

fn at(seconds_later: i64) -> Timestamp {
    Timestamp::from_millis(SIGNED_AT.as_millis() + seconds_later * 1000)
}

fn header_map(headers: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    map
}

fn credentials(token: Option<&str>) -> Credentials {
    let credentials = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY);
    match token {
        Some(token) => credentials.with_session_token(token),
        None => credentials,
    }
}

fn vector(name: &str) -> &'static Vector {
    VECTORS.iter().find(|vector| vector.name == name).unwrap()
}

/// Verifies a vector as sent, `seconds_later`, after `change` has been at it.
fn verified(
    name: &str,
    seconds_later: i64,
    change: impl FnOnce(&mut Sent),
) -> Result<CredentialScope, SignatureError> {
    let vector = vector(name);
    let mut sent = Sent {
        method: vector.method.into(),
        path: vector.path.into(),
        query: vector.sent_query.into(),
        headers: header_map(vector.sent_headers),
        body: vector.body.to_vec(),
        credentials: credentials(vector.session_token),
    };
    change(&mut sent);
    sent.verify(at(seconds_later))
}

/// A signed request that a test may tamper with.
#[derive(Clone, Debug)]
struct Sent {
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Vec<u8>,
    credentials: Credentials,
}

type Change = fn(&mut Sent);

impl Sent {
    fn request(&self) -> Request<'_> {
        Request {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            authority: None,
            headers: &self.headers,
        }
    }

    fn verify(&self, now: Timestamp) -> Result<CredentialScope, SignatureError> {
        verify(&self.request(), Payload::Bytes(&self.body), &self.credentials, &SigningKeys::default(), now)
    }

    fn set(&mut self, name: &'static str, value: &str) {
        self.headers.insert(name, value.parse().unwrap());
    }

    fn replace_authorization(&mut self, from: &str, to: &str) {
        let old = self.headers["authorization"].to_str().unwrap();
        assert!(old.contains(from), "{old}");
        let new = old.replace(from, to);
        self.set("authorization", &new);
    }
}

#[test]
fn verifies_what_awss_signer_signs() {
    let keys = SigningKeys::default();
    for vector in VECTORS {
        let headers = header_map(vector.sent_headers);
        let request = Request {
            method: vector.method,
            path: vector.path,
            query: vector.sent_query,
            authority: None,
            headers: &headers,
        };
        // Twice: with a key derived, then with the key kept.
        for _ in 0..2 {
            let payload = Payload::Bytes(vector.body);
            let scope = verify(&request, payload, &credentials(vector.session_token), &keys, SIGNED_AT)
                .unwrap_or_else(|error| panic!("{}: {error}", vector.name));
            assert_eq!(scope.require(vector.region, vector.service), Ok(()), "{}", vector.name);
            let claimed = crate::credential_scope(&headers, Some(vector.sent_query));
            assert_eq!(claimed, Ok(Some(scope)), "{}", vector.name);
        }
        let unread =
            verify(&request, Payload::Unsigned, &credentials(vector.session_token), &keys, SIGNED_AT);
        assert_eq!(unread.is_ok(), !vector.covers_body, "{}", vector.name);
    }
    assert!(VECTORS.len() >= 45);
}

#[test]
fn signs_as_awss_signer_does() {
    for vector in VECTORS {
        let headers = header_map(vector.headers);
        let request = Request {
            method: vector.method,
            path: vector.path,
            query: vector.query,
            authority: Some("example.amazonaws.com"),
            headers: &headers,
        };
        let payload = if vector.covers_body { Payload::Bytes(vector.body) } else { Payload::Unsigned };
        let credentials = credentials(vector.session_token);
        if let Some(seconds) = vector.expires {
            let expires = Duration::from_secs(seconds);
            let query =
                presign(&request, payload, &credentials, vector.region, vector.service, SIGNED_AT, expires)
                    .unwrap();
            let (_, signature) = query.rsplit_once("&X-Amz-Signature=").unwrap();
            assert_eq!(signature, vector.proof, "{}", vector.name);
        } else if vector.name != "date-header" {
            // botocore signs a given `Date` in place of `X-Amz-Date`; we always send the latter.
            let added =
                sign(&request, payload, &credentials, vector.region, vector.service, SIGNED_AT).unwrap();
            let (_, authorization) = added.iter().find(|(name, _)| name == "authorization").unwrap();
            assert_eq!(authorization, vector.proof, "{}", vector.name);
        }
    }
}

#[test]
fn clocks_may_differ_by_fifteen_minutes() {
    for (later, expected) in [(0, true), (900, true), (901, false), (-900, true), (-901, false)] {
        assert_eq!(verified("get-vanilla", later, |_| ()).is_ok(), expected, "{later}");
    }
    assert_eq!(
        verified("get-vanilla", 901, |_| ()).unwrap_err().to_string(),
        "Signature expired: 20261123T080443Z is now earlier than 20261123T080444Z (20261123T081944Z - 15 min.)"
    );
    assert_eq!(
        verified("get-vanilla", -901, |_| ()).unwrap_err().to_string(),
        "Signature not yet current: 20261123T080443Z is still later than 20261123T080442Z (20261123T074942Z + 15 min.)"
    );
    // Fractions of a second do not count.
    let vector = vector("get-vanilla");
    let headers = header_map(vector.sent_headers);
    let request = Request { method: "GET", path: "/", query: "", authority: None, headers: &headers };
    let now = Timestamp::from_millis(at(900).as_millis() + 999);
    assert!(verify(&request, Payload::Bytes(b""), &credentials(None), &SigningKeys::default(), now).is_ok());
}

#[test]
fn presigned_urls_last_as_long_as_they_say() {
    for (name, expires) in [("presigned-get", 3600), ("presigned-query", 60), ("presigned-s3", 604_800)] {
        assert!(verified(name, expires, |_| ()).is_ok(), "{name}");
        assert!(matches!(verified(name, expires + 1, |_| ()), Err(SignatureError::Expired { .. })), "{name}");
        assert!(verified(name, -900, |_| ()).is_ok(), "{name}");
        assert!(matches!(verified(name, -901, |_| ()), Err(SignatureError::NotYetCurrent { .. })), "{name}");
    }
    assert_eq!(
        verified("presigned-query", 61, |_| ()).unwrap_err().to_string(),
        "Signature expired: 20261123T080443Z is now earlier than 20261123T080444Z (20261123T080544Z - 1 min.)"
    );
    let lengthened = |sent: &mut Sent| sent.query = sent.query.replace("Expires=3600", "Expires=3601");
    assert_eq!(verified("presigned-get", 0, lengthened), Err(SignatureError::Mismatch));
    let endless = |sent: &mut Sent| sent.query = sent.query.replace("Expires=3600", "Expires=604801");
    assert_eq!(
        verified("presigned-get", 0, endless),
        Err(SignatureError::InvalidExpires { value: "604801".into() })
    );
}

#[test]
fn without_an_expiry_a_query_is_as_short_lived_as_a_header() {
    let headers = header_map(&[("host", "example.com")]);
    let request = Request { method: "GET", path: "/", query: "", authority: None, headers: &headers };
    let query = presign(
        &request,
        Payload::Bytes(b""),
        &credentials(None),
        "us-east-1",
        "sts",
        SIGNED_AT,
        Duration::from_secs(1),
    )
    .unwrap();
    let (head, _) = query.split_once("&X-Amz-Signature=").unwrap();
    let query = head.replace("&X-Amz-Expires=1", "");
    // The signature over the query that is left.
    let scope = CredentialScope::new(ACCESS_KEY_ID, "20261123", "us-east-1", "sts");
    let key = SigningKey::derive(&SECRET_ACCESS_KEY.into(), "20261123", "us-east-1", "sts");
    let unsigned = Request { query: &query, ..request };
    let hash = Payload::Bytes(b"").hash().unwrap();
    let canonical = canonical_request(&unsigned, "sts", &["host".into()], true, &hash);
    let query = format!("{query}&X-Amz-Signature={}", key.sign("20261123T080443Z", &scope, &canonical));
    let request = Request { query: &query, ..request };
    let verify =
        |now| verify(&request, Payload::Bytes(b""), &credentials(None), &SigningKeys::default(), now);
    assert!(verify(at(900)).is_ok());
    assert!(matches!(verify(at(901)), Err(SignatureError::Expired { .. })));
}

#[test]
fn everything_that_is_signed_is_covered() {
    let changes: [(&str, Change); 12] = [
        ("method", |sent| sent.method = "PUT".into()),
        ("path", |sent| sent.path.push('s')),
        ("query", |sent| sent.query = "a=b".into()),
        ("body", |sent| sent.body.push(b' ')),
        ("body emptied", |sent| sent.body.clear()),
        ("header", |sent| sent.set("content-type", "text/plain")),
        ("header removed", |sent| drop(sent.headers.remove("content-type"))),
        ("header doubled", |sent| assert!(sent.headers.append("accept", "text/plain".parse().unwrap()))),
        ("host", |sent| sent.set("host", "example.com")),
        ("date", |sent| sent.set("x-amz-date", "20261123T080444Z")),
        ("secret", |sent| sent.credentials.secret_access_key = "another".into()),
        ("signature", |sent| sent.replace_authorization("Signature=", "Signature=0")),
    ];
    assert!(verified("apigateway-create", 0, |_| ()).is_ok());
    for (what, change) in changes {
        assert_eq!(verified("apigateway-create", 0, change), Err(SignatureError::Mismatch), "{what}");
    }
    assert_eq!(
        verified("apigateway-create", 0, |sent| sent.replace_authorization("eu-west-1", "eu-west-2")),
        Err(SignatureError::Mismatch)
    );
    // Not signed, so free to change.
    assert!(verified("trace-and-agent-are-not-signed", 0, |sent| sent.set("user-agent", "b/2")).is_ok());
}

#[test]
fn the_host_and_every_amz_header_must_be_signed() {
    assert_eq!(
        verified("get-vanilla", 0, |sent| sent.replace_authorization("host;", "")),
        Err(SignatureError::HostNotSigned)
    );
    assert_eq!(
        verified("get-vanilla", 0, |sent| sent.set("x-amz-invocation-type", "Event")),
        Err(SignatureError::HeaderNotSigned { header: "x-amz-invocation-type".into() })
    );
    assert_eq!(
        verified("presigned-get", 0, |sent| sent.set("x-amz-security-token", "t")).unwrap_err().to_string(),
        "'x-amz-security-token' must be a 'SignedHeader' in the AWS Authorization."
    );
    // X-Amzn-… is another family, added by load balancers.
    assert!(verified("get-vanilla", 0, |sent| sent.set("x-amzn-trace-id", "Root=1")).is_ok());
}

#[test]
fn the_claims_of_a_signature_are_checked_in_awss_order() {
    let algorithm = |sent: &mut Sent| sent.replace_authorization("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512");
    assert_eq!(
        verified("get-vanilla", 0, algorithm).unwrap_err().to_string(),
        "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'. "
    );
    assert!(matches!(verified("get-vanilla", 1000, algorithm), Err(SignatureError::Expired { .. })));
    assert_eq!(
        verified("get-vanilla", 0, |sent| sent.replace_authorization("/aws4_request", "")),
        Err(SignatureError::MalformedCredential {
            credential: "AKIDEXAMPLE/20261123/us-east-1/service".into()
        })
    );
    for (from, to) in [("/20261123/", "/20261122/"), ("/aws4_request", "/aws5_request")] {
        let result = verified("get-vanilla", 0, |sent| sent.replace_authorization(from, to));
        assert!(matches!(result, Err(SignatureError::WrongScope { .. })), "{result:?}");
    }
    assert_eq!(
        verified("get-vanilla", 0, |sent| sent.credentials.access_key_id = "AKIDOTHER".into()),
        Err(SignatureError::InvalidToken)
    );
    assert_eq!(
        verified("get-vanilla", 0, |sent| drop(sent.headers.remove("authorization"))),
        Err(SignatureError::MissingAuthenticationToken)
    );
    assert!(matches!(
        verified("get-vanilla", 0, |sent| drop(sent.headers.remove("x-amz-date"))),
        Err(SignatureError::IncompleteHeader { missing, .. }) if missing == [Missing::Date]
    ));
}

#[test]
fn session_tokens_must_be_those_of_the_credentials() {
    for name in ["post-session-token", "presigned-token"] {
        assert!(verified(name, 0, |_| ()).is_ok());
        let other = |sent: &mut Sent| sent.credentials.session_token = Some("another".into());
        assert_eq!(verified(name, 0, other), Err(SignatureError::InvalidToken), "{name}");
        let none = |sent: &mut Sent| sent.credentials.session_token = None;
        assert_eq!(verified(name, 0, none), Err(SignatureError::InvalidToken), "{name}");
    }
    let expected = |sent: &mut Sent| sent.credentials.session_token = Some("token".into());
    assert_eq!(verified("get-vanilla", 0, expected), Err(SignatureError::InvalidToken));
}

#[test]
fn payloads_are_covered_unless_the_signer_says_not() {
    assert!(verified("execute-api-unsigned-payload", 0, |sent| sent.body.clear()).is_ok());
    assert!(verified("presigned-s3-put", 0, |sent| sent.body.clear()).is_ok());
    assert_eq!(verified("presigned-put", 0, |sent| sent.body.push(b'a')), Err(SignatureError::Mismatch));
    assert_eq!(verified("s3-put", 0, |sent| sent.body.clear()), Err(SignatureError::PayloadMismatch));
    // Saying so later does not help.
    assert_eq!(
        verified("s3-put", 0, |sent| sent.set("x-amz-content-sha256", "UNSIGNED-PAYLOAD")),
        Err(SignatureError::Mismatch)
    );
    for method in ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"] {
        assert_eq!(
            verified("s3-put", 0, |sent| sent.set("x-amz-content-sha256", method)),
            Err(SignatureError::StreamingPayload { method: method.into() })
        );
    }
}

#[test]
fn presigned_payloads_may_be_declared() {
    let headers = header_map(&[("host", "example.com")]);
    let request = Request { method: "PUT", path: "/a", query: "", authority: None, headers: &headers };
    let expires = Duration::from_secs(60);
    for (service, payload, body_is_free) in
        [("execute-api", Payload::Unsigned, true), ("s3", Payload::Bytes(b"cat"), false)]
    {
        let query =
            presign(&request, payload, &credentials(None), "us-east-1", service, SIGNED_AT, expires).unwrap();
        assert!(query.contains("X-Amz-Content-Sha256="), "{query}");
        let request = Request { query: &query, ..request };
        let verify = |body| {
            verify(&request, Payload::Bytes(body), &credentials(None), &SigningKeys::default(), SIGNED_AT)
        };
        assert!(verify(b"cat").is_ok());
        assert_eq!(verify(b"dog").is_ok(), body_is_free);
    }
}

#[test]
fn the_authority_stands_in_for_the_host() {
    // HTTP/2 carries the host as `:authority`, which hyper puts into the URI.
    let (method, uri): (_, Uri) = (Method::GET, "http://example.amazonaws.com/".parse().unwrap());
    let mut headers = header_map(vector("get-vanilla").sent_headers);
    headers.remove("host");
    let request = Request::new(&method, &uri, &headers);
    let keys = SigningKeys::default();
    assert!(verify(&request, Payload::Bytes(b""), &credentials(None), &keys, SIGNED_AT).is_ok());
    let other: Uri = "http://example.com/".parse().unwrap();
    let request = Request::new(&method, &other, &headers);
    let refused = verify(&request, Payload::Bytes(b""), &credentials(None), &keys, SIGNED_AT);
    assert_eq!(refused, Err(SignatureError::Mismatch));
}

#[test]
fn only_proved_scopes_take_room_among_the_keys() {
    let vector = vector("get-vanilla");
    let mut headers = header_map(vector.sent_headers);
    let keys = SigningKeys::default();
    let try_with = |headers: &HeaderMap| {
        let request = Request { method: "GET", path: "/", query: "", authority: None, headers };
        verify(&request, Payload::Bytes(b""), &credentials(None), &keys, SIGNED_AT).is_ok()
    };
    let forged = vector.proof.replace("us-east-1", "made-up-1");
    headers.insert("authorization", forged.parse().unwrap());
    assert!(!try_with(&headers));
    assert_eq!(keys.len(), 0);
    headers.insert("authorization", vector.proof.parse().unwrap());
    assert!(try_with(&headers));
    assert_eq!(keys.len(), 1);
}

#[test]
fn a_request_that_cannot_be_sent_cannot_be_signed() {
    let headers = HeaderMap::new();
    let mut request = Request { method: "GET", path: "/", query: "", authority: None, headers: &headers };
    let signed = |request: &Request<'_>, credentials: &Credentials| {
        sign(request, Payload::Bytes(b""), credentials, "us-east-1", "sts", SIGNED_AT).map(drop)
    };
    let presigned = |request: &Request<'_>, expires| {
        presign(request, Payload::Bytes(b""), &credentials(None), "us-east-1", "sts", SIGNED_AT, expires)
            .map(drop)
    };
    assert_eq!(signed(&request, &credentials(None)), Err(SigningError::NoHost));
    assert_eq!(presigned(&request, MAX_EXPIRES), Err(SigningError::NoHost));
    request.authority = Some("example.com");
    assert_eq!(signed(&request, &credentials(None)), Ok(()));
    assert_eq!(
        signed(&request, &credentials(Some("line\nbreak"))),
        Err(SigningError::NotHeaderText { part: "session token" })
    );
    assert_eq!(presigned(&request, MAX_EXPIRES), Ok(()));
    assert_eq!(presigned(&request, MAX_EXPIRES + Duration::from_secs(1)), Err(SigningError::ExpiresTooLate));
}

/// What is signed in the property tests: one of each part, so that each can be changed.
#[derive(Clone, Debug)]
struct Shape {
    method: String,
    path: String,
    name: String,
    value: String,
    header: String,
    body: Vec<u8>,
    token: Option<String>,
}

fn shape() -> impl Strategy<Value = Shape> {
    (
        "[A-Z]{3,7}",
        "(/[a-zA-Z0-9:@%~*+-]{1,8}){1,4}/?",
        "[a-zA-Z0-9%+_.-]{1,8}",
        "[a-zA-Z0-9%+/:=-]{0,8}",
        "[!-~]([ -~]{0,20}[!-~])?",
        proptest::collection::vec(any::<u8>(), 1..40),
        proptest::option::of("[A-Za-z0-9+/=]{1,40}"),
    )
        .prop_map(|(method, path, name, value, header, body, token)| Shape {
            method,
            path,
            name,
            value,
            header,
            body,
            token,
        })
}

fn signed(shape: &Shape) -> Sent {
    let query = format!("{}={}", shape.name, shape.value);
    let headers = header_map(&[("host", "example.com"), ("my-header", &shape.header)]);
    let mut sent = Sent {
        method: shape.method.clone(),
        path: shape.path.clone(),
        query,
        headers,
        body: shape.body.clone(),
        credentials: credentials(shape.token.as_deref()),
    };
    let payload = Payload::Bytes(&shape.body);
    let added: Vec<(HeaderName, HeaderValue)> =
        sign(&sent.request(), payload, &sent.credentials, "us-east-1", "execute-api", SIGNED_AT).unwrap();
    sent.headers.extend(added);
    sent
}

/// `text` with the character that `pick` chooses replaced by another letter.
fn altered(text: &str, pick: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let index = pick % bytes.len();
    // A slash of a path is left alone: two slashes in a row are the same as one.
    if bytes[index] != b'/' {
        bytes[index] = if bytes[index] == b'Q' { b'Z' } else { b'Q' };
    } else {
        bytes.insert(index + 1, b'Q');
    }
    String::from_utf8(bytes).unwrap()
}

proptest! {
    #[test]
    fn what_is_signed_verifies_and_no_byte_can_change(shape in shape(), pick in any::<usize>()) {
        let sent = signed(&shape);
        prop_assert!(sent.verify(SIGNED_AT).is_ok());

        let mut changed = sent.clone();
        changed.method = altered(&sent.method, pick);
        prop_assert_eq!(changed.verify(SIGNED_AT), Err(SignatureError::Mismatch));

        let mut changed = sent.clone();
        changed.path = altered(&sent.path, pick);
        prop_assert_eq!(changed.verify(SIGNED_AT), Err(SignatureError::Mismatch));

        let mut changed = sent.clone();
        changed.query = altered(&sent.query, pick);
        prop_assert_eq!(changed.verify(SIGNED_AT), Err(SignatureError::Mismatch));

        let mut changed = sent.clone();
        changed.set("my-header", &altered(&shape.header, pick));
        prop_assert_eq!(changed.verify(SIGNED_AT), Err(SignatureError::Mismatch));

        let mut changed = sent.clone();
        let index = pick % changed.body.len();
        changed.body[index] ^= 1;
        prop_assert_eq!(changed.verify(SIGNED_AT), Err(SignatureError::Mismatch));
    }

    #[test]
    fn nothing_from_outside_panics(
        authorization in "(AWS4-HMAC-SHA256 )?([A-Za-z=,;/0-9 -]|Credential=|Signature=|SignedHeaders=){0,30}",
        path in "\\PC{0,30}",
        query in "([A-Za-z=&%+-]|X-Amz-(Algorithm|Credential|Date|Expires|Signature|SignedHeaders)=){0,20}",
        date in "[0-9TZ]{0,16}",
    ) {
        let mut headers = header_map(&[("x-amz-date", date.as_str())]);
        if !authorization.is_empty() {
            headers.insert("authorization", authorization.parse().unwrap());
        }
        let request = Request { method: "GET", path: &path, query: &query, authority: None, headers: &headers };
        let keys = SigningKeys::default();
        prop_assert!(verify(&request, Payload::Bytes(b""), &credentials(None), &keys, SIGNED_AT).is_err());
        let _ = crate::credential_scope(&headers, Some(&query));
    }
}

#[test]
fn a_body_is_needed_where_it_is_covered() {
    let signed = |payload: Payload<'_>, declared: Option<&str>| {
        let mut headers = header_map(&[("host", "api.example")]);
        if let Some(declared) = declared {
            headers.insert("x-amz-content-sha256", declared.parse().unwrap());
        }
        let uri: Uri = "/prod/pets".parse().unwrap();
        let method = Method::POST;
        let request = Request::new(&method, &uri, &headers);
        let added =
            sign(&request, payload, &credentials(None), "us-east-1", "execute-api", SIGNED_AT).unwrap();
        for (name, value) in added {
            headers.insert(name, value);
        }
        if let Some(declared) = declared {
            headers.insert("x-amz-content-sha256", declared.parse().unwrap());
        }
        Signed::read(Request::new(&method, &uri, &headers), SIGNED_AT).unwrap().covers_body()
    };
    assert_eq!(signed(Payload::Bytes(b"x"), None), Ok(true));
    assert_eq!(signed(Payload::Bytes(b"x"), Some("0123")), Ok(true));
    assert_eq!(signed(Payload::Unsigned, None), Ok(false));
    assert!(matches!(
        signed(Payload::Unsigned, Some("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")),
        Err(SignatureError::StreamingPayload { .. })
    ));
}
