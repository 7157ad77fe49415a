//! What happened: records in a journal, added in the transaction of the change that they tell of,
//! read newest first, and removed when they are old. A record is no document: it has a moment in
//! place of a key, is never changed, and the change feed does not tell of it.

use base::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A type whose values are the records of one journal.
pub trait Record: Serialize + DeserializeOwned {
    /// The journal's name, `service/nouns`: `cloudtrail/events`. Part of the stored format.
    const JOURNAL: &'static str;
}

/// A record's place in its journal: places sort as records happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When it happened.
    pub moment: Timestamp,
    /// Tells apart what happened at the same moment.
    pub sequence: u64,
}

/// Which records of a journal are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// None that happened before this moment.
    pub from: Option<Timestamp>,
    /// None that happened after this moment.
    pub until: Option<Timestamp>,
    /// Only those that lie before this place: where an earlier reading ended.
    pub before: Option<Place>,
}
