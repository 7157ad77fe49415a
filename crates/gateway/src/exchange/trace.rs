//! `X-Amzn-Trace-Id`: continued from the client or begun here.

use http::HeaderValue;

use base::Timestamp;

use super::IdSource;

/// A header that is longer than any that X-Ray writes is not continued.
const LONGEST_CONTINUED: usize = 512;

/// What there is of a trace that cannot be written, which none is.
const NONE: HeaderValue = HeaderValue::from_static("");

/// A request's trace, for integrations that are told of it (all but MOCK).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace(Header);

/// Its header.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Header {
    /// As the client sent it.
    Sent(HeaderValue),
    /// With a root of its own.
    Begun([u8; 40]),
}

impl Trace {
    /// The client's trace if it sent one with a `Root`, else a new one. Recorded from AWS:
    /// the client's `Root`, and its `Parent` and `Sampled` if it sent them, are what the
    /// integration sees. A new one has `root` in its own.
    #[must_use]
    pub fn continued(sent: Option<&HeaderValue>, now: Timestamp, root: [u8; 12]) -> Self {
        let has_root = |sent: &&HeaderValue| {
            sent.len() <= LONGEST_CONTINUED && sent.to_str().is_ok_and(|sent| part(sent, "Root").is_some())
        };
        match sent.filter(has_root) {
            Some(sent) => Self(Header::Sent(sent.clone())),
            None => Self(Header::Begun(new_root(now, root))),
        }
    }

    /// The header as the integration sees it.
    #[must_use]
    pub fn header(&self) -> &str {
        match &self.0 {
            Header::Sent(sent) => sent.to_str().unwrap_or_default(),
            Header::Begun(header) => std::str::from_utf8(header).unwrap_or_default(),
        }
    }

    /// The same as a header's value.
    #[must_use]
    pub fn value(&self) -> HeaderValue {
        match &self.0 {
            Header::Sent(sent) => sent.clone(),
            Header::Begun(header) => HeaderValue::from_bytes(header).unwrap_or(NONE),
        }
    }

    /// `$context.xrayTraceId`: the root alone.
    #[must_use]
    pub fn root(&self) -> &str {
        part(self.header(), "Root").unwrap_or_default()
    }

    /// The header as the client gets it from a Lambda integration, which has recorded a
    /// segment of its own: `Root=…;Parent=…;Sampled=0`.
    #[must_use]
    pub fn with_segment(&self, ids: &IdSource) -> String {
        let mut header = self.header().to_owned();
        if part(&header, "Parent").is_none() {
            let mut parent = *b";Parent=0000000000000000";
            write_hex(parent.get_mut(8..).unwrap_or_default(), ids.bytes::<8>());
            header.push_str(std::str::from_utf8(&parent).unwrap_or_default());
        }
        if part(&header, "Sampled").is_none() {
            header.push_str(";Sampled=0");
        }
        header
    }
}

/// The value of `name=` in a trace header.
fn part<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    header
        .split(';')
        .filter_map(|part| part.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value)
}

/// `Root=1-{seconds in 8 hexadecimal digits}-{24 random ones}`.
fn new_root(now: Timestamp, root: [u8; 12]) -> [u8; 40] {
    let mut header = *b"Root=1-00000000-000000000000000000000000";
    let seconds = u32::try_from(now.as_secs()).unwrap_or_default();
    write_hex(header.get_mut(7..15).unwrap_or_default(), seconds.to_be_bytes());
    write_hex(header.get_mut(16..).unwrap_or_default(), root);
    header
}

/// Writes two digits for each byte.
fn write_hex<const N: usize>(out: &mut [u8], bytes: [u8; N]) {
    let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' + half - 10 };
    for (places, byte) in out.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *places = [digit(byte >> 4), digit(byte & 15)];
    }
}

#[cfg(test)]
mod tests {
    use base::Random;

    use super::*;

    fn ids() -> IdSource {
        IdSource::new(Random::seeded(3))
    }

    const NOW: Timestamp = Timestamp::from_millis(1_721_241_291_500);

    fn continued(sent: &'static str) -> Trace {
        Trace::continued(Some(&HeaderValue::from_static(sent)), NOW, ids().bytes())
    }

    #[test]
    fn a_new_trace_has_the_time_in_its_root() {
        let trace = Trace::continued(None, NOW, ids().bytes());
        assert!(trace.header().starts_with("Root=1-66980ecb-"), "{}", trace.header());
        assert_eq!(trace.header().len(), 5 + 1 + 1 + 8 + 1 + 24);
        assert_eq!(trace.root().len(), 35);
    }

    #[test]
    fn a_clients_root_is_kept_with_its_parent_and_sampling() {
        let sent = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1";
        assert_eq!(continued(sent).header(), sent);
        assert_eq!(continued(sent).with_segment(&ids()), sent);
        assert_eq!(continued(sent).root(), "1-3152b799-8954dae64eda91bc9a23a7e8");
    }

    #[test]
    fn what_the_client_left_out_is_added_to_the_answer_only() {
        let trace = continued("Root=1-3152b799-8954dae64eda91bc9a23a7e8");
        assert_eq!(trace.header(), "Root=1-3152b799-8954dae64eda91bc9a23a7e8");
        let answer = trace.with_segment(&ids());
        let (root, rest) = answer.split_once(";Parent=").unwrap();
        assert_eq!(root, "Root=1-3152b799-8954dae64eda91bc9a23a7e8");
        assert_eq!(rest.len(), 16 + ";Sampled=0".len());
        assert!(rest.ends_with(";Sampled=0"));
    }

    #[test]
    fn a_header_without_a_root_is_not_a_trace() {
        for sent in ["", "Self=1-2-3", "Root=", "trace"] {
            assert!(continued(sent).header().starts_with("Root=1-66980ecb-"), "{sent}");
        }
    }

    #[test]
    fn an_overlong_header_is_not_continued() {
        let long = HeaderValue::from_str(&format!("Root=1-2-3;X={}", "a".repeat(600))).unwrap();
        assert!(Trace::continued(Some(&long), NOW, ids().bytes()).header().starts_with("Root=1-66980ecb-"));
    }
}
