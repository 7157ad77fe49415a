//! The URI of an HTTP integration: where the backend is, and the path and query it is sent,
//! with places for path parameters (`http://backend/pets/{id}?color={color}`).

use std::borrow::Cow;
use std::sync::Arc;

use http::Uri;
use http::uri::PathAndQuery;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode};

use super::{ClientCertificate, Route, Target, TargetError};
use crate::mapping::query;
use crate::mapping::source::Value;

/// What is written encoded in a path: all but the characters that RFC 3986 allows there.
/// Slashes stay, for greedy variables have them.
pub(crate) const ENCODED_IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@')
    .remove(b'/');

/// And in a query's values.
const ENCODED_IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// And in a path that has its canonical form.
const ENCODED_IN_STRICT_PATH: &AsciiSet = &ENCODED_IN_QUERY.remove(b'/');

/// What is written encoded of a value that is encoded already, where it goes into a query.
const REENCODED_IN_QUERY: &AsciiSet = &percent_encoding::CONTROLS.add(b'&').add(b'+').add(b'#').add(b';');

/// Longer values are not put into URLs. It is more than any URL can have.
pub(super) const LONGEST_URL: usize = 64 * 1024;

/// A URI that no request can be sent to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Its scheme, host and port.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Its path or query.
    #[error("{0} is not a URL")]
    Malformed(String),
    /// A `{` without its `}`, or nothing between them.
    #[error("{0} has an empty or an open path parameter")]
    Parameter(String),
    /// A parameter whose value fits into no URL.
    #[error("the parameter {0} is too long for a URL")]
    TooLong(String),
    /// A path that would lead upwards. Whoever reads it further on might follow.
    #[error("the path {0} has a segment of dots alone")]
    DotSegment(String),
    /// A place whose parameter has no value.
    #[error("the path parameter {0} has no value")]
    Missing(String),
}

/// How paths and queries are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// As the URI and its parameters have them.
    #[default]
    AsSent,
    /// Every byte in its one canonical form: unreserved characters plain, all others encoded. A
    /// signature covers that form, whatever is sent.
    Strict,
    /// The same, but a slash is never encoded.
    StrictWithSlashes,
}

/// A URI whose stage variables are replaced.
#[derive(Clone, Debug)]
pub struct Endpoint {
    encoding: Encoding,
    /// `None` if the scheme, host or port has a parameter's place.
    target: Option<Target>,
    /// The same, with what is said below: one for each address of the route.
    targets: Vec<Target>,
    /// What the backend is shown.
    certificate: Option<ClientCertificate>,
    /// `insecureSkipVerification`
    any_authority: bool,
    /// Where it is found, if not by its name.
    route: Option<Arc<Route>>,
    authority: Vec<Piece>,
    path: Vec<Piece>,
    query: Vec<Piece>,
    /// Path and query, if no request changes them.
    fixed: Option<Uri>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Box<str>),
    Place(Box<str>),
}

impl Endpoint {
    /// Of `uri`.
    ///
    /// # Errors
    /// If no request can be sent there whatever its parameters.
    pub fn new(uri: &str) -> Result<Self, EndpointError> {
        Self::encoded(uri, Encoding::AsSent)
    }

    /// Of `uri`, written as `encoding` says.
    ///
    /// # Errors
    /// If no request can be sent there whatever its parameters.
    pub fn encoded(uri: &str, encoding: Encoding) -> Result<Self, EndpointError> {
        let malformed = || EndpointError::Malformed(uri.to_owned());
        let behind_scheme = uri.find("://").map(|at| at + 3).ok_or_else(malformed)?;
        let rest = uri.get(behind_scheme..).unwrap_or_default();
        let authority_end = rest.find(['/', '?', '#']).map_or(uri.len(), |at| behind_scheme + at);
        let (authority, rest) = uri.split_at_checked(authority_end).ok_or_else(malformed)?;
        // A fragment never leaves the client.
        let rest = rest.split('#').next().unwrap_or_default();
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let pieces = |text: &str| pieces(text).ok_or_else(|| EndpointError::Parameter(uri.to_owned()));
        let mut endpoint = Self {
            encoding,
            target: None,
            targets: Vec::new(),
            certificate: None,
            any_authority: false,
            route: None,
            authority: pieces(authority)?,
            path: pieces(if path.is_empty() { "/" } else { path })?,
            query: pieces(query)?,
            fixed: None,
        };
        let constant = |pieces: &[Piece]| pieces.iter().all(|piece| matches!(piece, Piece::Text(_)));
        if constant(&endpoint.authority) {
            endpoint.target = Some(authority.parse::<Target>()?);
            endpoint.prepare();
        }
        if constant(&endpoint.path) && constant(&endpoint.query) {
            endpoint.fixed = Some(endpoint.uri(&|_| None, String::new())?);
        } else {
            // Whatever the parameters are, the rest has to be right.
            endpoint.uri(&|_| Some(Value::Plain(Cow::Borrowed("x"))), String::new())?;
        }
        Ok(endpoint)
    }

    /// The same URI, called with `certificate` if there is one.
    #[must_use]
    pub fn showing(mut self, certificate: Option<&ClientCertificate>) -> Self {
        self.certificate = certificate.cloned();
        self.prepare();
        self
    }

    /// The same URI; with `any`, whichever authority vouches for the backend is believed.
    #[must_use]
    pub fn trusting_any_authority(mut self, any: bool) -> Self {
        self.any_authority = any;
        self.prepare();
        self
    }

    /// The same URI, found at the addresses of `route` in turn.
    #[must_use]
    pub fn through(mut self, route: &Arc<Route>) -> Self {
        self.route = Some(Arc::clone(route));
        self.prepare();
        self
    }

    /// Makes the targets anew, if they are known.
    fn prepare(&mut self) {
        let Some(target) = &self.target else { return };
        let turns = self.route.as_ref().map_or(1, |route| route.len());
        self.targets = (0..turns).map(|turn| self.reached(target, turn)).collect();
    }

    /// `target` as it is called at this turn.
    fn reached(&self, target: &Target, turn: usize) -> Target {
        let mut target = target.clone();
        if self.any_authority {
            target = target.trusting_any_authority();
        }
        if let Some(certificate) = &self.certificate {
            target = target.showing(certificate);
        }
        match &self.route {
            Some(route) => target.through(route, turn),
            None => target,
        }
    }

    /// The backend.
    ///
    /// # Errors
    /// If a parameter in it has no value, or makes it none.
    pub fn target<'v>(
        &self,
        value: &impl Fn(&str) -> Option<Value<'v>>,
    ) -> Result<Cow<'_, Target>, EndpointError> {
        let turn = self.route.as_ref().map_or(0, |route| route.next());
        if let Some(target) = self.targets.get(turn) {
            return Ok(Cow::Borrowed(target));
        }
        let mut authority = String::new();
        for piece in &self.authority {
            match piece {
                Piece::Text(text) => authority.push_str(text),
                Piece::Place(name) => {
                    let value = filled(name, value)?;
                    // Nothing that would end the host or stand before it.
                    if value.as_str().contains(['/', '?', '#', '@', '\\']) {
                        return Err(EndpointError::Malformed(value.as_str().to_owned()));
                    }
                    authority.push_str(value.as_str());
                }
            }
        }
        Ok(Cow::Owned(self.reached(&authority.parse::<Target>()?, turn)))
    }

    /// Path and query of one request; `more` is added to the URI's own query.
    ///
    /// # Errors
    /// If a parameter in it has no value, or makes it none.
    pub fn path_and_query<'v>(
        &self,
        value: &impl Fn(&str) -> Option<Value<'v>>,
        more: String,
    ) -> Result<Uri, EndpointError> {
        match &self.fixed {
            Some(fixed) if more.is_empty() => Ok(fixed.clone()),
            _ => self.uri(value, more),
        }
    }

    fn uri<'v>(
        &self,
        value: &impl Fn(&str) -> Option<Value<'v>>,
        more: String,
    ) -> Result<Uri, EndpointError> {
        let mut out = String::with_capacity(64 + more.len());
        for piece in &self.path {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Place(name) => match filled(name, value)? {
                    Value::Encoded(value) => out.push_str(value),
                    Value::Plain(value) => out.extend(utf8_percent_encode(&value, ENCODED_IN_PATH)),
                },
            }
        }
        let mut all = String::new();
        for piece in &self.query {
            match piece {
                Piece::Text(text) => all.push_str(text),
                Piece::Place(name) => match filled(name, value)? {
                    Value::Encoded(value) => all.extend(utf8_percent_encode(value, REENCODED_IN_QUERY)),
                    Value::Plain(value) => all.extend(utf8_percent_encode(&value, ENCODED_IN_QUERY)),
                },
            }
        }
        query::append_raw(&mut all, &more);
        if self.encoding != Encoding::AsSent {
            out = strict_path(&out, self.encoding)?;
            all = strict_query(&all);
        }
        if !all.is_empty() {
            out.push('?');
            out.push_str(&all);
        }
        PathAndQuery::from_maybe_shared(bytes::Bytes::from(out))
            .map(Uri::from)
            .map_err(|error| EndpointError::Malformed(error.to_string()))
    }
}

/// A path in its canonical form.
fn strict_path(path: &str, encoding: Encoding) -> Result<String, EndpointError> {
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    if decoded.split(|byte| *byte == b'/').any(|segment| matches!(segment, b"." | b"..")) {
        return Err(EndpointError::DotSegment(path.to_owned()));
    }
    if encoding == Encoding::StrictWithSlashes {
        return Ok(percent_encode(&decoded, ENCODED_IN_STRICT_PATH).to_string());
    }
    let segments = path.split('/').map(|segment| {
        let decoded: Vec<u8> = percent_decode_str(segment).collect();
        percent_encode(&decoded, ENCODED_IN_QUERY).to_string()
    });
    Ok(segments.collect::<Vec<_>>().join("/"))
}

/// A query's names and values in their canonical form, in order.
fn strict_query(query: &str) -> String {
    let strict = |text: &str| {
        let decoded: Vec<u8> = percent_decode_str(&text.replace('+', " ")).collect();
        percent_encode(&decoded, ENCODED_IN_QUERY).to_string()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| match pair.split_once('=') {
        Some((name, value)) => format!("{}={}", strict(name), strict(value)),
        None => strict(pair),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// The value of a place.
fn filled<'v>(name: &str, value: &impl Fn(&str) -> Option<Value<'v>>) -> Result<Value<'v>, EndpointError> {
    match value(name) {
        None => Err(EndpointError::Missing(name.to_owned())),
        Some(value) if value.as_str().len() > LONGEST_URL => Err(EndpointError::TooLong(name.to_owned())),
        Some(value) => Ok(value),
    }
}

/// Texts and `{places}`; `None` if a place is open or empty.
fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, named)) = rest.split_once('{') {
        if !before.is_empty() {
            pieces.push(Piece::Text(before.into()));
        }
        let (name, after) = named.split_once('}').filter(|(name, _)| !name.is_empty())?;
        pieces.push(Piece::Place(name.strip_suffix('+').unwrap_or(name).into()));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.into()));
    }
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str) -> Option<Value<'static>> {
        match name {
            "id" => Some(Value::Encoded("a%20b&c")),
            "proxy" => Some(Value::Encoded("x//y/../z")),
            "text" => Some(Value::Plain("ä/b?c d%".into())),
            "host" => Some(Value::Plain("backend.example".into())),
            "evil" => Some(Value::Plain("a@b/".into())),
            _ => None,
        }
    }

    fn sent(uri: &str, more: &str) -> Result<String, EndpointError> {
        let endpoint = Endpoint::new(uri)?;
        let target = endpoint.target(&value)?.to_string();
        Ok(format!("{target} {}", endpoint.path_and_query(&value, more.to_owned())?))
    }

    #[test]
    fn places_are_filled() {
        for (uri, more, expected) in [
            ("http://127.0.0.1:9999/posts/{id}", "", "http://127.0.0.1:9999 /posts/a%20b&c"),
            ("http://a.example", "", "http://a.example:80 /"),
            ("http://a.example?b=c", "", "http://a.example:80 /?b=c"),
            ("http://a.example/?b=c", "d=e", "http://a.example:80 /?b=c&d=e"),
            ("http://a.example/x#y", "d=e", "http://a.example:80 /x?d=e"),
            ("https://a.example/{proxy}", "", "https://a.example:443 /x//y/../z"),
            ("https://a.example/{proxy+}", "", "https://a.example:443 /x//y/../z"),
            (
                "http://a.example/{text}?t={text}",
                "",
                "http://a.example:80 /%C3%A4/b%3Fc%20d%25?t=%C3%A4%2Fb%3Fc%20d%25",
            ),
            ("http://a.example/?x={id}", "", "http://a.example:80 /?x=a%20b%26c"),
            ("http://{host}:81/x", "", "http://backend.example:81 /x"),
        ] {
            assert_eq!(sent(uri, more).as_deref(), Ok(expected), "{uri}");
        }
    }

    #[test]
    fn what_cannot_be_sent_is_an_error() {
        assert_eq!(sent("http://a.example/{absent}", ""), Err(EndpointError::Missing("absent".into())));
        assert_eq!(sent("http://{absent}/", ""), Err(EndpointError::Missing("absent".into())));
        assert_eq!(sent("http://{evil}.example/", ""), Err(EndpointError::Malformed("a@b/".into())));
        for uri in ["", "a.example", "ftp://a.example/", "http:///x", "http://a b/", "http://a.example/a b"] {
            assert!(Endpoint::new(uri).is_err(), "{uri}");
        }
        for uri in ["http://a.example/{", "http://a.example/{}", "http://a.example/{x"] {
            assert_eq!(Endpoint::new(uri).unwrap_err(), EndpointError::Parameter(uri.to_owned()));
        }
    }
}
