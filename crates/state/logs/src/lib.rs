//! Log groups' events: what functions print, what access logs record, what clients put.
//!
//! Two ways in. The gateway's own writers [`append`](LogStore::append): that never waits,
//! is written in batches, and may lose the last second when the machine dies. Clients'
//! PutLogEvents [`append_durable`](LogStore::append_durable): durable before it is
//! answered. The ways out are CloudWatch Logs' own: one stream forward and backward, and a
//! group filtered by a pattern.
//!
//! Events are stored as they come: some hundreds of a stream together, a chunk. A line of an access
//! log costs its share of that, and no row and no index of its own. Chunks are appended to files, segments;
//! the database has where they are, and those that are small.
//!
//! A group exists here as soon as something was written to it; its settings (retention,
//! tags) are documents of the control plane, which also decides whether a client may name
//! a group at all.

mod append;
mod chunk;
mod chunked;
mod commit;
mod event;
mod faults;
mod filter;
mod limits;
mod log_store;
mod open;
mod pattern;
mod queue;
mod readers;
mod remove;
mod segments;
mod selection;
mod sink;
mod stored_chunk;
mod stream;
#[cfg(test)]
mod tests;
mod token;
mod view;
mod writer;

pub use chunk::{Chunk, ChunkBuilder, ChunkError};
pub use event::{EventId, LogEvent};
pub use faults::{LogFault, OpenError};
pub use filter::{FilterQuery, FilteredEvent, FilteredPage, StreamSelection};
pub use limits::{
    EVENT_OVERHEAD_BYTES, MAXIMUM_BATCH_BYTES, MAXIMUM_BATCH_EVENTS, MAXIMUM_MESSAGE_BYTES,
    MAXIMUM_PAGE_EVENTS, MAXIMUM_PAGE_STREAMS,
};
pub use log_store::{Location, LogOptions, LogStore};
pub use pattern::{Pattern, PatternError};
pub use stream::{LogGroup, LogStream, StreamOrder, StreamsPage, StreamsQuery};
pub use view::{EventsPage, EventsQuery};
