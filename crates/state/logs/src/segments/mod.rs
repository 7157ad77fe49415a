//! Segments: files beside the database that the data of chunks is appended to. What a database's log would have to
//! write twice is written once, all of a commit by one call of the system; the rows say where it is.
//!
//! A segment is a file in `logs.segments` whose name is its number. It is nothing but chunks, one behind the other, and
//! between them there may be bytes that no row names: those of commits that failed, and holes where chunks were
//! removed. Small chunks stay in their rows ([`ROW_BYTES`](crate::limits::ROW_BYTES)), as everything does in memory.
//!
//! # Who writes
//!
//! Each process appends to a segment of its own, whose file it has locked: while one process follows another both write.
//! Numbers are drawn in the database, by the commit that has the segment's first chunks, so a segment without a row in
//! the table `segments` is of a commit that failed, or is being made by whoever has the database's lock.
//!
//! # Order
//!
//! Data is written before its rows are committed, and a commit that waits for the disk brings the segment there first. So
//! a process that is killed loses nothing of what it has committed. Commits that do not wait can come to the disk
//! without their data when the machine dies, by at most the second that they may be lost by; their checksums tell.
//!
//! # Removal
//!
//! Where chunks were removed, holes are made in their files, as far as they fill whole blocks of the file system. A file
//! is deleted when no row names it any longer and nobody writes it.

mod folder;
mod holes;
mod place;
mod reading;
mod removal;
mod writing;

pub(crate) use folder::Folder;
pub(crate) use place::Place;
pub(crate) use reading::{SegmentFiles, Unreadable};
pub(crate) use removal::{delete_strays, forget, unnamed};
pub(crate) use writing::Segments;
