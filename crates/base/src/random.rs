//! Randomness as an argument: identifiers and secrets come from a [`Random`], which a test
//! can seed.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A source of random bytes: the operating system's, or a seeded one for tests.
#[derive(Clone)]
pub struct Random(Source);

#[derive(Clone)]
enum Source {
    System,
    Seeded(Arc<Mutex<u64>>),
}

impl Random {
    /// The operating system's cryptographic source.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A repeatable source for tests. Not for secrets.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(Mutex::new(seed))))
    }

    /// Fills `buffer` with random bytes.
    ///
    /// # Panics
    /// If the operating system has no random source: nothing may be issued without one.
    #[allow(clippy::expect_used)]
    pub fn fill(&self, buffer: &mut [u8]) {
        match &self.0 {
            Source::System => getrandom::fill(buffer).expect("the operating system's random source works"),
            Source::Seeded(state) => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                for byte in buffer {
                    *byte = splitmix(&mut state).to_le_bytes()[0];
                }
            }
        }
    }

    /// `length` characters drawn evenly from `alphabet` (1 to 256 one-byte characters).
    #[must_use]
    pub fn text(&self, length: usize, alphabet: &[u8]) -> String {
        let mut out = String::with_capacity(length);
        if alphabet.is_empty() {
            return out;
        }
        // Bytes at or above the largest multiple of the alphabet's size are thrown away:
        // taking them modulo the size would favour the first characters.
        let fair = 256 - 256 % alphabet.len();
        let mut buffer = [0_u8; 32];
        while out.len() < length {
            self.fill(&mut buffer);
            for &byte in &buffer {
                let byte = usize::from(byte);
                if byte < fair
                    && out.len() < length
                    && let Some(&c) = alphabet.get(byte % alphabet.len())
                {
                    out.push(char::from(c));
                }
            }
        }
        out
    }
}

fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_the_asked_length_and_letters() {
        let text = Random::system().text(1_000, b"abc");
        assert_eq!(text.len(), 1_000);
        assert!(text.bytes().all(|c| b"abc".contains(&c)));
        assert!(b"abc".iter().all(|c| text.bytes().any(|t| t == *c)));
    }

    #[test]
    fn a_seed_repeats() {
        assert_eq!(Random::seeded(7).text(20, b"0123456789"), Random::seeded(7).text(20, b"0123456789"));
        assert_ne!(Random::seeded(7).text(20, b"0123456789"), Random::seeded(8).text(20, b"0123456789"));
    }
}
