//! Encryption of entries (`cacheDataEncrypted`): AES-256-GCM under a key that is drawn when the
//! cache is made, stays in this process and is never written anywhere.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use base::Random;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};

use super::Answer;

const KEY_BYTES: usize = 32;

/// Closes answers, and opens what it has closed.
pub(super) struct Seal(Option<RandomizedNonceKey>);

/// A closed answer.
#[derive(Debug)]
pub(super) struct Sealed {
    nonce: [u8; 12],
    closed: Vec<u8>,
}

impl Seal {
    pub(super) fn new(random: &Random) -> Self {
        let mut key = [0; KEY_BYTES];
        random.fill(&mut key);
        Self(RandomizedNonceKey::new(&AES_256_GCM, &key).ok())
    }

    /// `None` if it cannot be closed: then it is not kept at all.
    pub(super) fn close(&self, answer: &Answer) -> Option<Sealed> {
        let mut bytes = written(answer);
        let nonce = self.0.as_ref()?.seal_in_place_append_tag(Aad::empty(), &mut bytes).ok()?;
        Some(Sealed { nonce: *nonce.as_ref(), closed: bytes })
    }

    pub(super) fn open(&self, sealed: &Sealed) -> Option<Answer> {
        let mut bytes = sealed.closed.clone();
        let nonce = Nonce::assume_unique_for_key(sealed.nonce);
        let opened = self.0.as_ref()?.open_in_place(nonce, Aad::empty(), &mut bytes).ok()?;
        read(opened)
    }
}

impl Sealed {
    pub(super) fn size(&self) -> usize {
        self.closed.len() + self.nonce.len()
    }
}

/// Status, number of headers, each name and value behind its length, and the body.
fn written(answer: &Answer) -> Vec<u8> {
    let mut out = Vec::with_capacity(answer.size() + 8 * answer.headers.len() + 64);
    out.extend(answer.status.as_u16().to_le_bytes());
    out.extend((answer.headers.len() as u64).to_le_bytes());
    for (name, value) in &answer.headers {
        for part in [name.as_str().as_bytes(), value.as_bytes()] {
            out.extend((part.len() as u64).to_le_bytes());
            out.extend(part);
        }
    }
    out.extend(&answer.body);
    out
}

fn read(mut bytes: &[u8]) -> Option<Answer> {
    let status = StatusCode::from_u16(u16::from_le_bytes(*bytes.split_first_chunk::<2>()?.0)).ok()?;
    bytes = bytes.get(2..)?;
    let mut headers = Vec::new();
    for _ in 0..number(&mut bytes)? {
        let name = HeaderName::from_bytes(part(&mut bytes)?).ok()?;
        headers.push((name, HeaderValue::from_bytes(part(&mut bytes)?).ok()?));
    }
    Some(Answer { status, headers, body: Bytes::copy_from_slice(bytes) })
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let (number, rest) = bytes.split_first_chunk::<8>()?;
    *bytes = rest;
    Some(u64::from_le_bytes(*number))
}

fn part<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(number(bytes)?).ok()?;
    let (part, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Answer {
        let line = |name, value| (HeaderName::from_static(name), HeaderValue::from_static(value));
        let headers = vec![line("x-a", "1"), line("x-a", ""), line("content-type", "text/plain")];
        Answer { status: StatusCode::IM_A_TEAPOT, headers, body: Bytes::from_static(b"secret words") }
    }

    #[test]
    fn what_was_closed_opens_again() {
        let seal = Seal::new(&Random::seeded(1));
        for body in ["", "secret words"] {
            let answer = Answer { body: Bytes::from_static(body.as_bytes()), ..answer() };
            assert_eq!(seal.open(&seal.close(&answer).unwrap()), Some(answer));
        }
    }

    #[test]
    fn nobody_else_can_read_it() {
        let (seal, other) = (Seal::new(&Random::seeded(1)), Seal::new(&Random::seeded(2)));
        let mut sealed = seal.close(&answer()).unwrap();
        assert!(!sealed.closed.windows(6).any(|part| part == b"secret"));
        assert_eq!(other.open(&sealed), None);
        sealed.closed[0] ^= 1;
        assert_eq!(seal.open(&sealed), None);
    }

    #[test]
    fn nonsense_is_no_answer() {
        for bytes in [&b""[..], b"\xc8", b"\xc8\0\xff\xff\xff\xff\xff\xff\xff\xff", b"\0\0\0\0\0\0\0\0\0\0"] {
            assert_eq!(read(bytes), None, "{bytes:?}");
        }
    }
}
