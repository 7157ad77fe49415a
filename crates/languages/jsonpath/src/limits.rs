//! The bounds of a path and of reading by it. AWS publishes none; these are far above what
//! the documents of its quotas (10 MB of payload, 300 KB of template) need.

/// The longest path, in characters.
pub const MAX_PATH_CHARS: usize = 4_096;

/// The most steps of one path.
pub const MAX_STEPS: usize = 256;

/// How deep paths, filters, parentheses and function arguments may stand within each other.
pub const MAX_NESTING: usize = 24;

/// How large a compiled regular expression may become, in bytes.
pub const MAX_PATTERN_BYTES: usize = 256 * 1024;

/// How deep reading may go: the depth of the document and the steps of the path together.
pub const MAX_READ_DEPTH: usize = 512;

/// How many values may be looked at for one reading.
pub const MAX_LOOKS: u64 = 20_000_000;

/// How many values may be copied into what one reading returns.
pub const MAX_COPIES: u64 = 2_000_000;
