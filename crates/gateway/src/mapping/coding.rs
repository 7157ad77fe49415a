//! Content codings: which one a payload has, and which one a client wants (RFC 9110, sections 8.4
//! and 12.5.3; API Gateway developer guide, "Payload compression for REST APIs").

use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};

use crate::message::Headers;

/// A coding that API Gateway supports, but for `identity`, which is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// `gzip`
    Gzip,
    /// `deflate`: the format of zlib, in spite of its name.
    Deflate,
}

/// A payload has a coding that API Gateway does not support, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported(pub String);

impl Coding {
    /// As it is written in headers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }

    /// `x-gzip` is the same as `gzip` (RFC 9110, section 8.4.1.3).
    fn named(name: &str) -> Option<Self> {
        let is = |own: &str| name.eq_ignore_ascii_case(own);
        if is("gzip") || is("x-gzip") {
            Some(Self::Gzip)
        } else if is("deflate") {
            Some(Self::Deflate)
        } else {
            None
        }
    }
}

/// The coding of the payload that comes with `headers`, if it has one.
///
/// # Errors
/// If it has another than the supported ones.
pub fn of_payload(headers: &Headers) -> Result<Option<Coding>, Unsupported> {
    let mut found = None;
    for value in headers.get_all(CONTENT_ENCODING) {
        let unsupported = || Unsupported(String::from_utf8_lossy(value.as_bytes()).into_owned());
        for name in value.to_str().map_err(|_| unsupported())?.split(',').map(str::trim) {
            if name.is_empty() || name.eq_ignore_ascii_case("identity") {
                continue;
            }
            let coding = Coding::named(name).ok_or_else(unsupported)?;
            if found.replace(coding).is_some() {
                return Err(unsupported());
            }
        }
    }
    Ok(found)
}

/// The coding that the client of a request with `headers` wants most, if API Gateway supports it:
/// "The highest-priority content encoding must be one supported by API Gateway. If it is not,
/// compression is not applied." Without the header, and by `*`, none is named, and nothing is
/// compressed. Of several that a client wants equally, the first that is supported is taken.
#[must_use]
pub fn wanted(headers: &Headers) -> Option<Coding> {
    let (mut most, mut wanted, mut supported) = (0, None, false);
    for value in headers.get_all(ACCEPT_ENCODING) {
        // What cannot be read names nothing.
        for entry in value.to_str().unwrap_or_default().split(',') {
            let (name, weight) = weighed(entry);
            if name.is_empty() || name == "*" || weight == 0 {
                continue;
            }
            if weight > most || (weight == most && !supported) {
                wanted = Coding::named(name);
                supported = wanted.is_some() || name.eq_ignore_ascii_case("identity");
                most = weight;
            }
        }
    }
    wanted
}

/// An entry's coding and its weight in thousandths. A weight that cannot be read is 0.
fn weighed(entry: &str) -> (&str, u16) {
    let mut parts = entry.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case("q").then(|| thousandths(value.trim()))
    });
    (name, weight.unwrap_or(1_000))
}

/// `0`, `1`, `0.5`, at most three decimals (RFC 9110, section 12.4.2).
fn thousandths(weight: &str) -> u16 {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|digit| digit.is_ascii_digit()) {
        return 0;
    }
    let parsed = match whole {
        "0" => format!("{decimals:0<3}").parse(),
        "1" if decimals.bytes().all(|digit| digit == b'0') => Ok(1_000),
        _ => return 0,
    };
    parsed.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: Option<&'static str>) -> Headers {
        let pair = |value| (name.parse().unwrap(), http::HeaderValue::from_static(value));
        Headers::from_iter(value.map(pair))
    }

    /// The formats that the developer guide lists, then borders of them.
    #[test]
    fn the_most_wanted_coding_has_to_be_a_supported_one() {
        use Coding::{Deflate, Gzip};
        for (accept, expected) in [
            (Some("deflate,gzip"), Some(Deflate)),
            (Some(""), None),
            (Some("*"), None),
            (Some("deflate;q=0.5,gzip;q=1.0"), Some(Gzip)),
            (Some("gzip;q=1.0,identity;q=0.5,*;q=0"), Some(Gzip)),
            (None, None),
            (Some("gzip"), Some(Gzip)),
            (Some("GZIP"), Some(Gzip)),
            (Some("x-gzip"), Some(Gzip)),
            (Some("gzip, deflate, br"), Some(Gzip)),
            (Some("br, gzip"), Some(Gzip)),
            (Some("br;q=1.0, gzip;q=0.8"), None),
            (Some("identity, gzip;q=0.5"), None),
            (Some("identity, gzip"), None),
            (Some("br, identity, gzip"), None),
            (Some("identity;q=0.5, gzip ; q=0.501"), Some(Gzip)),
            (Some("gzip;q=0"), None),
            (Some("gzip;q=0.000"), None),
            (Some("gzip;q=0.001"), Some(Gzip)),
            (Some("gzip;q=1.001"), None),
            (Some("gzip;q=x, deflate;q=0.1"), Some(Deflate)),
            (Some("br"), None),
            (Some("*;q=1, gzip;q=0.1"), Some(Gzip)),
        ] {
            assert_eq!(wanted(&headers("accept-encoding", accept)), expected, "{accept:?}");
        }
    }

    #[test]
    fn a_payload_has_one_supported_coding_or_none() {
        for (encoding, expected) in [
            (None, Ok(None)),
            (Some("identity"), Ok(None)),
            (Some("gzip"), Ok(Some(Coding::Gzip))),
            (Some(" X-GZip "), Ok(Some(Coding::Gzip))),
            (Some("deflate, identity"), Ok(Some(Coding::Deflate))),
            (Some("br"), Err(Unsupported("br".to_owned()))),
            (Some("gzip, deflate"), Err(Unsupported("gzip, deflate".to_owned()))),
            (Some("gzip, gzip"), Err(Unsupported("gzip, gzip".to_owned()))),
        ] {
            assert_eq!(of_payload(&headers("content-encoding", encoding)), expected, "{encoding:?}");
        }
    }
}
