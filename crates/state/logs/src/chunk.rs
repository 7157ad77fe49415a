//! Chunks: some hundreds of events of one stream, stored together.
//!
//! # Form
//!
//! | bytes | |
//! |---|---|
//! | 1 | the form's version, 1 |
//! | 8 | where the window begins, in milliseconds since 1970: little-endian, not negative, a multiple of 10,000 |
//! | then, for each event | |
//! | 1–2 | its time behind the beginning of the window: a varint below 10,000 |
//! | 1–3 | the length of its text in bytes: a varint |
//! | | its text: UTF-8 |
//!
//! The data ends behind the last event. A varint has seven bits a byte, the lowest first, and the
//! highest bit of a byte says that there is another; it is as short as it can be.
//!
//! All events of a chunk are of one [window](window_of) of time. So whatever happened from a moment on
//! is in chunks whose first time is not before that moment's window: a range of an index.

use base::Timestamp;

use crate::limits::{CHUNK_BYTES, CHUNK_EVENTS, MAXIMUM_MESSAGE_BYTES, WINDOW_MILLIS};

const VERSION: u8 = 1;

/// The beginning of the window that a time is in, in milliseconds.
pub(crate) fn window_of(millis: i64) -> i64 {
    millis - millis.rem_euclid(WINDOW_MILLIS)
}

/// Why data is no chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// It has another version than 1.
    #[error("a chunk of log events has an unknown form")]
    Version,
    /// Its window, or the time of an event, is none.
    #[error("a chunk of log events has a time that is none")]
    Time,
    /// It ends in the middle of an event.
    #[error("a chunk of log events is cut off")]
    CutOff,
    /// A number that is longer than it can be.
    #[error("a chunk of log events has a number that is none")]
    Number,
    /// A text that is no UTF-8.
    #[error("a chunk of log events has a text that is no UTF-8")]
    Text,
}

/// A chunk that is being filled.
#[derive(Clone, Debug)]
pub struct ChunkBuilder {
    window: i64,
    buffer: Vec<u8>,
    /// Where in the buffer it begins.
    start: usize,
    events: usize,
    /// In milliseconds; of no meaning while there are no events.
    first: i64,
    last: i64,
    text_bytes: usize,
}

impl ChunkBuilder {
    /// An empty one for the window that `millis` is in; times before 1970 count as its beginning.
    #[must_use]
    pub fn new(millis: i64) -> Self {
        Self::behind(Vec::new(), millis)
    }

    /// The same, behind what stands in `buffer`, which it takes and [gives back](Self::into_buffer).
    pub(crate) fn behind(mut buffer: Vec<u8>, millis: i64) -> Self {
        let (window, start) = (window_of(millis.max(0)), buffer.len());
        buffer.push(VERSION);
        buffer.extend_from_slice(&window.to_le_bytes());
        Self { window, buffer, start, events: 0, first: i64::MAX, last: 0, text_bytes: 0 }
    }

    /// Whether an event of this time belongs into its window.
    pub(crate) fn covers(&self, millis: i64) -> bool {
        (0..WINDOW_MILLIS).contains(&millis.saturating_sub(self.window))
    }

    /// Whether it should not take an event of so many bytes any more. An empty one takes any.
    pub(crate) fn is_full_for(&self, bytes: usize) -> bool {
        self.events >= CHUNK_EVENTS || (self.events > 0 && self.data().len() + bytes > CHUNK_BYTES)
    }

    /// Adds an event; answers false, and adds nothing, if its time is of another window.
    pub fn push(&mut self, millis: i64, text: &str) -> bool {
        let offset = millis.saturating_sub(self.window);
        let Some(offset) = u32::try_from(offset).ok().filter(|_| self.covers(millis)) else { return false };
        let Ok(length) = u32::try_from(text.len()) else { return false };
        put_varint(&mut self.buffer, offset);
        put_varint(&mut self.buffer, length);
        self.buffer.extend_from_slice(text.as_bytes());
        self.events += 1;
        self.first = self.first.min(millis);
        self.last = self.last.max(millis);
        self.text_bytes += text.len();
        true
    }

    /// How many events it has.
    #[must_use]
    pub fn events(&self) -> usize {
        self.events
    }

    /// The earliest and the latest time of its events, in milliseconds.
    pub(crate) fn times(&self) -> (i64, i64) {
        (self.first, self.last)
    }

    /// The bytes of its events, with what CloudWatch Logs counts for each besides its text.
    pub(crate) fn stored_bytes(&self) -> usize {
        self.text_bytes + self.events * crate::EVENT_OVERHEAD_BYTES
    }

    /// The chunk.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Where in its buffer it begins.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// Its buffer, with it behind what stood there before.
    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }
}

/// The events of a chunk, in the order of their arrival.
#[derive(Clone, Debug)]
pub struct Chunk<'a> {
    events: Vec<(i64, &'a str)>,
}

impl<'a> Chunk<'a> {
    /// Reads a chunk.
    ///
    /// # Errors
    /// If it is not one, wherever in it that shows.
    pub fn decode(data: &'a [u8]) -> Result<Self, ChunkError> {
        let (version, rest) = data.split_first().ok_or(ChunkError::CutOff)?;
        if *version != VERSION {
            return Err(ChunkError::Version);
        }
        let (window, mut rest) = rest.split_first_chunk::<8>().ok_or(ChunkError::CutOff)?;
        let window = i64::from_le_bytes(*window);
        if window < 0 || window % WINDOW_MILLIS != 0 {
            return Err(ChunkError::Time);
        }
        let mut events = Vec::new();
        while !rest.is_empty() {
            let offset = i64::from(take_varint(&mut rest)?);
            if offset >= WINDOW_MILLIS {
                return Err(ChunkError::Time);
            }
            let millis = window.checked_add(offset).ok_or(ChunkError::Time)?;
            let length = usize::try_from(take_varint(&mut rest)?).map_err(|_| ChunkError::Number)?;
            let (text, behind) = rest.split_at_checked(length).ok_or(ChunkError::CutOff)?;
            events.push((millis, std::str::from_utf8(text).map_err(|_| ChunkError::Text)?));
            rest = behind;
        }
        Ok(Self { events })
    }

    /// Their times, in milliseconds, and texts.
    #[must_use]
    pub fn events(&self) -> &[(i64, &'a str)] {
        &self.events
    }
}

/// As much of a text as an event may have.
pub(crate) fn cut(text: &str) -> &str {
    match text.len() > MAXIMUM_MESSAGE_BYTES {
        true => text.get(..text.floor_char_boundary(MAXIMUM_MESSAGE_BYTES)).unwrap_or_default(),
        false => text,
    }
}

/// A time that CloudWatch Logs has: none is before 1970.
pub(crate) fn not_before_1970(timestamp: Timestamp) -> i64 {
    timestamp.as_millis().max(0)
}

fn put_varint(data: &mut Vec<u8>, mut number: u32) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            return data.push(low & 0x7F);
        }
        data.push(low | 0x80);
    }
}

fn take_varint(data: &mut &[u8]) -> Result<u32, ChunkError> {
    let mut number = 0_u32;
    for shift in [0, 7, 14, 21, 28] {
        let (byte, rest) = data.split_first().ok_or(ChunkError::CutOff)?;
        *data = rest;
        let bits = u32::from(byte & 0x7F);
        // Bits beyond 32, and zeros that another number would have without.
        if bits.leading_zeros() < shift || (*byte == 0 && shift > 0) {
            return Err(ChunkError::Number);
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(ChunkError::Number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_form_is_as_documented() {
        let mut chunk = ChunkBuilder::new(1_795_421_083_120);
        assert!(chunk.push(1_795_421_083_120, "ab"));
        assert!(chunk.push(1_795_421_080_001, &"x".repeat(300)));
        let mut expected = vec![1];
        expected.extend(1_795_421_080_000_i64.to_le_bytes());
        expected.extend([0xB0, 0x18, 2, b'a', b'b', 1, 0xAC, 0x02]);
        expected.extend([b'x'; 300]);
        assert_eq!(chunk.data(), expected);
        assert_eq!(chunk.times(), (1_795_421_080_001, 1_795_421_083_120));
        assert_eq!((chunk.events(), chunk.stored_bytes()), (2, 302 + 2 * 26));
    }

    #[test]
    fn a_chunk_keeps_to_its_window() {
        let mut chunk = ChunkBuilder::new(20_001);
        for (millis, taken) in [(19_999, false), (20_000, true), (29_999, true), (30_000, false), (-1, false)]
        {
            assert_eq!((chunk.covers(millis), chunk.push(millis, "")), (taken, taken), "{millis}");
        }
        assert_eq!(chunk.events(), 2);
        assert!(Chunk::decode(ChunkBuilder::new(20_001).data()).unwrap().events().is_empty());
        // The last there are.
        let mut chunk = ChunkBuilder::new(i64::MAX);
        assert!(chunk.push(i64::MAX, "x"));
        assert_eq!(Chunk::decode(chunk.data()).unwrap().events(), [(i64::MAX, "x")]);
    }

    #[test]
    fn chunks_follow_each_other_in_one_buffer() {
        let mut first = ChunkBuilder::new(0);
        assert!(first.push(1, "a"));
        let mut second = ChunkBuilder::behind(first.into_buffer(), 10_000);
        assert!(second.push(10_002, "b"));
        assert_eq!(second.start(), 12);
        assert_eq!(Chunk::decode(second.data()).unwrap().events(), [(10_002, "b")]);
        let buffer = second.into_buffer();
        assert_eq!(Chunk::decode(&buffer[..12]).unwrap().events(), [(1, "a")]);
        assert_eq!(buffer.len(), 24);
    }

    #[test]
    fn other_data_is_refused() {
        let head = |rest: &[u8]| [&[1, 0, 0, 0, 0, 0, 0, 0, 0], rest].concat();
        for (data, expected) in [
            (vec![], ChunkError::CutOff),
            (vec![2, 0, 0, 0, 0, 0, 0, 0, 0], ChunkError::Version),
            (vec![1, 0, 0, 0, 0, 0, 0, 0], ChunkError::CutOff),
            (vec![1, 1, 0, 0, 0, 0, 0, 0, 0], ChunkError::Time),
            (vec![1, 0, 0, 0, 0, 0, 0, 0, 0x80], ChunkError::Time),
            (head(&[0]), ChunkError::CutOff),
            (head(&[0x80]), ChunkError::CutOff),
            (head(&[0x80, 0, 0]), ChunkError::Number),
            (head(&[0xFF, 0xFF, 0xFF, 0xFF, 0x1F]), ChunkError::Number),
            (head(&[0xFF, 0xFF, 0xFF, 0xFF, 0x8F, 0]), ChunkError::Number),
            // 10,000 is of the next window.
            (head(&[0x90, 0x4E, 0]), ChunkError::Time),
            (head(&[0, 2, b'x']), ChunkError::CutOff),
            (head(&[0, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]), ChunkError::CutOff),
            (head(&[0, 1, 0xFF]), ChunkError::Text),
        ] {
            assert_eq!(Chunk::decode(&data).map(|_| ()), Err(expected), "{data:?}");
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let longest = "x".repeat(MAXIMUM_MESSAGE_BYTES);
        assert_eq!(cut(&longest), longest);
        assert_eq!(cut(&(longest.clone() + "y")), longest);
        let odd = "x".repeat(MAXIMUM_MESSAGE_BYTES - 1);
        assert_eq!(cut(&(odd.clone() + "üü")), odd);
    }

    #[test]
    fn no_event_is_before_1970() {
        assert_eq!(not_before_1970(Timestamp::from_millis(-1)), 0);
        assert_eq!(not_before_1970(Timestamp::from_millis(7)), 7);
    }

    proptest! {
        #[test]
        fn events_come_back(events in proptest::collection::vec((0..10_000_i64, ".{0,200}"), 0..50)) {
            let mut chunk = ChunkBuilder::new(50_000);
            for (offset, text) in &events {
                prop_assert!(chunk.push(50_000 + offset, text));
            }
            let read = Chunk::decode(chunk.data()).unwrap();
            let expected: Vec<_> = events.iter().map(|(offset, text)| (50_000 + offset, text.as_str())).collect();
            prop_assert_eq!(read.events(), expected);
        }

        /// Whatever is read would be written so: there is one form of the same events.
        #[test]
        fn any_data_is_a_chunk_or_an_error(
            whole in any::<bool>(), data in proptest::collection::vec(any::<u8>(), 0..64)
        ) {
            let data = if whole { data } else { [&[1, 0, 0, 0, 0, 0, 0, 0, 0], &*data].concat() };
            if let Ok(read) = Chunk::decode(&data) {
                let window = i64::from_le_bytes(data[1..9].try_into().unwrap());
                let mut again = ChunkBuilder::new(window);
                for (millis, text) in read.events() {
                    prop_assert!(again.push(*millis, text));
                }
                prop_assert_eq!(again.data(), data);
            }
        }

        /// A chunk that one byte of is wrong is read without a panic.
        #[test]
        fn a_wrong_byte_is_no_panic(place in 0..40_usize, byte in any::<u8>()) {
            let mut chunk = ChunkBuilder::new(0);
            for text in ["one", "zwei", "drüü", ""] {
                chunk.push(300, text);
            }
            let mut data = chunk.data().to_vec();
            let place = place % data.len();
            data[place] = byte;
            let _ = Chunk::decode(&data);
        }
    }
}
