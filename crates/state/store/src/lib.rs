//! Where the configuration lives: documents with transactions, durable before they are
//! answered, and a feed of what changed.
//!
//! The control plane writes here, in one transaction per AWS call. The data plane follows
//! the feed, reads what changed and compiles it; it never reads the store while it serves
//! a request. What a document means is its owner's business: this crate knows an account,
//! a region, a collection, a key and a JSON text.
//!
//! Nothing here names the engine underneath. Today that is SQLite on one node; an engine
//! that several nodes share fits behind the same traits (`engines`), which is why a write's
//! closure may be run more than once and why the feed can tell a follower to reload.

mod commit;
mod counter;
mod document;
mod engines;
mod faults;
mod feed;
mod key;
mod limits;
#[cfg(test)]
mod model;
mod record;
mod store;
#[cfg(test)]
mod tests;
mod text;
mod transaction;
mod waiting;

pub use commit::{Commit, Made};
pub use counter::Counter;
pub use document::{BlobId, Document, Page};
pub use faults::{OpenError, StoreFault};
pub use feed::{Batch, Change, ChangeKind, Follower, Sequence};
pub use key::Key;
pub use limits::{MAXIMUM_BLOB_BYTES, MAXIMUM_DOCUMENT_BYTES, MAXIMUM_KEY_BYTES};
pub use record::{Place, Record, Span};
pub use store::{Location, Store, StoreOptions};
pub use text::{Field, Text};
pub use transaction::Transaction;
