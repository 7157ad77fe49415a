//! Key sets of those who issue tokens, fetched when they are first needed, within bounds of time and
//! size, and again when a token names a key that is not among them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::header::ACCEPT;
use http::{HeaderValue, Uri, Version};
use jsonwebtoken::jwk::JwkSet;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::object;
use crate::exchange::{Body, read_whole};
use crate::integration::http::{Target, Upstreams};
use crate::message::Request;

/// API Gateway's bounds of what an issuer may send, and how long it may take (developer guide, for
/// JWT authorizers).
const KEY_SET_BYTES: usize = 150_000;
const FETCH_TIME: Duration = Duration::from_millis(1_500);

/// How long fetched keys are used without another look.
const FRESH: Duration = Duration::from_secs(3_600);

/// The shortest time between two fetches for keys that are not there: nobody who makes up key names
/// can flood an issuer.
const UNKNOWN_KEY_PAUSE: Duration = Duration::from_secs(10);

/// The same after a fetch that failed.
const FAILED_PAUSE: Duration = Duration::from_secs(1);

/// The key sets that have been fetched. All cores share it.
#[derive(Debug, Default)]
pub(super) struct KeySets(Mutex<HashMap<String, Fetched>>);

/// Where a key set is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    /// At this address.
    At(&'a Uri),
    /// Where this issuer says.
    Issuer(&'a str),
}

/// What an issuer says of itself.
#[derive(Deserialize)]
struct Discovered {
    issuer: Option<String>,
    jwks_uri: String,
}

#[derive(Clone, Debug)]
struct Fetched {
    at: Instant,
    /// None if the last fetch failed and there were none before.
    keys: Option<Arc<JwkSet>>,
    /// Whether the last fetch failed.
    failed: bool,
}

impl KeySets {
    /// The key set of `name`, which the key `key_id` should be in.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub(super) async fn keys(
        &self,
        name: &str,
        key_id: &str,
        place: Place<'_>,
        upstreams: &Upstreams,
    ) -> Result<Arc<JwkSet>, String> {
        let known = self.fetched().get(name).cloned();
        if let Some(Fetched { at, keys, failed }) = &known {
            let age = at.elapsed();
            match keys {
                Some(keys) if keys.find(key_id).is_some() && age < FRESH => return Ok(Arc::clone(keys)),
                Some(keys) if age < if *failed { FAILED_PAUSE } else { UNKNOWN_KEY_PAUSE } => {
                    return Ok(Arc::clone(keys));
                }
                None if age < FAILED_PAUSE => return Err("the last attempt failed".to_owned()),
                _ => {}
            }
        }
        let answer = match place {
            Place::At(address) => fetch::<JwkSet>(address, upstreams).await,
            Place::Issuer(issuer) => discover(issuer, upstreams).await,
        };
        let answer = answer.map(Arc::new);
        let before = known.and_then(|known| known.keys);
        let (keys, failed) = match &answer {
            Ok(keys) => (Some(Arc::clone(keys)), false),
            // What was true an hour ago is better than nothing, and no less true than it was.
            Err(_) => (before, true),
        };
        let fetched = Fetched { at: Instant::now(), keys: keys.clone(), failed };
        self.fetched().insert(name.to_owned(), fetched);
        match (keys, answer) {
            (Some(keys), _) | (None, Ok(keys)) => Ok(keys),
            (None, Err(why)) => Err(why),
        }
    }

    fn fetched(&self) -> std::sync::MutexGuard<'_, HashMap<String, Fetched>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keys of an issuer, by its discovery document (OpenID Connect Discovery 1.0, section 4).
async fn discover(issuer: &str, upstreams: &Upstreams) -> Result<JwkSet, String> {
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let address: Uri = address.parse().map_err(|_| format!("{address} is no address"))?;
    let Discovered { issuer: own, jwks_uri } = fetch(&address, upstreams).await?;
    if own.is_some_and(|own| own.trim_end_matches('/') != issuer.trim_end_matches('/')) {
        return Err(format!("{address} is of another issuer"));
    }
    let keys: Uri = jwks_uri.parse().map_err(|_| format!("{jwks_uri} is no address"))?;
    fetch(&keys, upstreams).await
}

async fn fetch<T: DeserializeOwned>(address: &Uri, upstreams: &Upstreams) -> Result<T, String> {
    let deadline = Instant::now() + FETCH_TIME;
    let target = Target::of(address).map_err(|error| error.to_string())?;
    let mut request = Request::new(Body::Empty);
    let path = address.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    *request.uri_mut() = path.parse().map_err(|_| format!("{path} is no path"))?;
    *request.version_mut() = Version::HTTP_11;
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    let response = upstreams.send(&target, request, deadline).await.map_err(|error| error.to_string())?;
    if !response.status().is_success() {
        return Err(format!("{address} answers {}", response.status()));
    }
    let body = read_whole(response.into_body(), KEY_SET_BYTES);
    let body = tokio::time::timeout_at(deadline.into(), body)
        .await
        .map_err(|_| format!("{address} does not answer in time"))?
        .map_err(|error| error.to_string())?;
    object(&body).map_err(|error| format!("{address} has not what is expected: {error}"))
}
