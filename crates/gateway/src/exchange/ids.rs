//! The two identifiers that every request gets. They come from a generator of each core's own, whose seed is the
//! operating system's: asking the system for that many bytes costs six times as much.

use std::sync::{Mutex, PoisonError};

use base::Random;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};

use crate::shard::Sharded;

/// Random bytes that are drawn from a generator at once.
const DRAWN_AT_ONCE: usize = 1024;

/// A request's identifiers, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestIds {
    request: [u8; 36],
    extended: [u8; 16],
    /// What a trace begins with that begins with the request.
    trace: [u8; 12],
    one: bool,
}

impl RequestIds {
    /// `x-amzn-RequestId`, `$context.requestId`: a version 4 UUID, or the same as the other.
    #[must_use]
    pub fn request_id(&self) -> &str {
        std::str::from_utf8(self.request_bytes()).unwrap_or_default()
    }

    /// The bytes of [`Self::request_id`].
    #[must_use]
    pub fn request_bytes(&self) -> &[u8] {
        if self.one { &self.extended } else { &self.request }
    }

    /// The bytes of [`Self::extended_request_id`].
    #[must_use]
    pub const fn extended_bytes(&self) -> &[u8] {
        &self.extended
    }

    /// Random bytes for the root of a trace that begins with the request.
    #[must_use]
    pub const fn trace(&self) -> [u8; 12] {
        self.trace
    }

    /// The two as one: HTTP and WebSocket APIs give their requests the shorter one alone.
    #[must_use]
    pub fn as_one(self) -> Self {
        Self { one: true, ..self }
    }

    /// `x-amz-apigw-id`, `$context.extendedRequestId`: 11 bytes in base 64, so 15 characters
    /// and an equals sign, as AWS's are.
    #[must_use]
    pub fn extended_request_id(&self) -> &str {
        std::str::from_utf8(&self.extended).unwrap_or_default()
    }
}

/// Draws identifiers. Shared by all cores; each has its own store of random bytes.
#[derive(Debug)]
pub struct IdSource {
    random: Random,
    drawn: Sharded<Mutex<Drawn>>,
}

struct Drawn {
    /// Once it was needed.
    generator: Option<ChaCha12Rng>,
    bytes: [u8; DRAWN_AT_ONCE],
    used: usize,
}

impl std::fmt::Debug for Drawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drawn").field("used", &self.used).finish_non_exhaustive()
    }
}

impl IdSource {
    /// Identifiers from generators that `random` has seeded.
    #[must_use]
    pub fn new(random: Random) -> Self {
        let empty = || Mutex::new(Drawn { generator: None, bytes: [0; DRAWN_AT_ONCE], used: DRAWN_AT_ONCE });
        Self { random, drawn: Sharded::new(empty) }
    }

    /// The identifiers of one more request.
    #[must_use]
    pub fn next(&self) -> RequestIds {
        let bytes = self.bytes::<39>();
        let (mut uuid_bytes, mut trace) = ([0; 16], [0; 12]);
        let (for_uuid, rest) = bytes.split_at(16);
        let (for_extended, for_trace) = rest.split_at(11);
        uuid_bytes.copy_from_slice(for_uuid);
        trace.copy_from_slice(for_trace);
        let mut ids = RequestIds { request: [b'0'; 36], extended: [b'='; 16], trace, one: false };
        uuid::Builder::from_random_bytes(uuid_bytes).into_uuid().hyphenated().encode_lower(&mut ids.request);
        // Cannot fail: 11 bytes are 16 characters.
        let _ = STANDARD.encode_slice(for_extended, &mut ids.extended);
        ids
    }

    /// `N` random bytes, for what else a request needs. `N` is below [`DRAWN_AT_ONCE`].
    pub(crate) fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut drawn = self.drawn.mine().lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.used + N > DRAWN_AT_ONCE {
            let Drawn { generator, bytes, used } = &mut *drawn;
            generator.get_or_insert_with(|| self.generator()).fill_bytes(bytes);
            *used = 0;
        }
        let mut out = [0; N];
        let used = drawn.used;
        if let Some(fresh) = drawn.bytes.get_mut(used..used + N) {
            out.copy_from_slice(fresh);
            fresh.fill(0);
        }
        drawn.used += N;
        out
    }

    fn generator(&self) -> ChaCha12Rng {
        let mut seed = [0; 32];
        self.random.fill(&mut seed);
        ChaCha12Rng::from_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn identifiers_have_awss_shapes() {
        let ids = IdSource::new(Random::seeded(1)).next();
        assert_eq!(ids.request_id().len(), 36);
        assert_eq!(ids.request_id().as_bytes()[14], b'4');
        assert_eq!(ids.extended_request_id().len(), 16);
        assert!(ids.extended_request_id().ends_with('='));
        assert_eq!(STANDARD.decode(ids.extended_request_id()).unwrap().len(), 11);
    }

    #[test]
    fn no_two_requests_share_one() {
        let source = IdSource::new(Random::system());
        let drawn: Vec<_> = (0..1_000).map(|_| source.next()).collect();
        let requests: HashSet<_> = drawn.iter().map(|ids| ids.request_id().to_owned()).collect();
        let extended: HashSet<_> = drawn.iter().map(|ids| ids.extended_request_id().to_owned()).collect();
        assert_eq!((requests.len(), extended.len()), (1_000, 1_000));
    }
}
