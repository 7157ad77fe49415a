//! The names of headers. Clients and backends send the same few again and again, and a name that was read before
//! is not read again: it costs one comparison, and no memory of its own.

use std::cell::RefCell;

use http::HeaderName;
use http::header::InvalidHeaderName;

/// Names that a thread remembers, and the longest of them. A power of two.
const REMEMBERED: usize = 128;
const LONGEST: usize = 64;

/// Names that `http` does not know and that are often sent: they have no owners to be counted.
const FREQUENT: [&str; 30] = [
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "idempotency-key",
    "keep-alive",
    "priority",
    "proxy-connection",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "traceparent",
    "tracestate",
    "x-amz-apigw-id",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-request-id",
    "x-amz-security-token",
    "x-amzn-requestid",
    "x-amzn-trace-id",
    "x-api-key",
    "x-correlation-id",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-powered-by",
    "x-request-id",
    "x-requested-with",
];

/// Names that were read, each as it was sent.
#[derive(Debug)]
pub(super) struct Names(Vec<Option<(Box<[u8]>, HeaderName)>>);

thread_local! {
    static NAMES: RefCell<Names> = RefCell::new(Names(vec![None; REMEMBERED]));
}

/// Has `read` read names with those that this thread remembers.
pub(super) fn with_names<T>(read: impl FnOnce(&mut Names) -> T) -> T {
    NAMES.with_borrow_mut(read)
}

impl Names {
    /// The name that is sent so.
    ///
    /// # Errors
    /// If it is none.
    pub(super) fn read(&mut self, sent: &[u8]) -> Result<HeaderName, InvalidHeaderName> {
        if sent.len() > LONGEST {
            return HeaderName::from_bytes(sent);
        }
        let Some(place) = self.0.get_mut(place(sent)) else { return HeaderName::from_bytes(sent) };
        if let Some((own, name)) = place
            && **own == *sent
        {
            return Ok(name.clone());
        }
        let name = HeaderName::from_bytes(sent)?;
        let frequent = FREQUENT.into_iter().find(|frequent| name == *frequent);
        let name = frequent.map_or(name, HeaderName::from_static);
        *place = Some((sent.into(), name.clone()));
        Ok(name)
    }
}

/// Where a name is remembered. Others that belong there take its place; whoever has them do so gains nothing but
/// that names are read again.
fn place(sent: &[u8]) -> usize {
    let at = |at: usize| sent.get(at).copied().map_or(0, usize::from);
    let (first, middle, last) = (at(0), at(sent.len() / 2), at(sent.len().saturating_sub(1)));
    (sent.len() + 7 * first + 31 * middle + 3 * last) % REMEMBERED
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(sent: &[u8]) -> Result<HeaderName, InvalidHeaderName> {
        with_names(|names| names.read(sent))
    }

    proptest! {
        #[test]
        fn a_name_is_what_it_is_the_first_time(sent in prop::collection::vec("[aAbB:-]{0,3}|.{0,70}", 0..200)) {
            for sent in sent {
                prop_assert_eq!(name(sent.as_bytes()).ok(), HeaderName::from_bytes(sent.as_bytes()).ok());
            }
        }
    }

    #[test]
    fn names_that_are_often_sent_are_names() {
        for sent in FREQUENT {
            assert_eq!(name(sent.as_bytes()).unwrap(), sent);
            assert_eq!(name(sent.to_uppercase().as_bytes()).unwrap(), sent);
        }
    }

    #[test]
    fn each_casing_is_a_name_of_its_own_to_be_remembered() {
        for _ in 0..2 {
            for sent in ["Host", "HOST", "host", "X-Api-Key", "x-api-key"] {
                assert_eq!(name(sent.as_bytes()).unwrap().as_str(), sent.to_lowercase());
            }
        }
    }
}
