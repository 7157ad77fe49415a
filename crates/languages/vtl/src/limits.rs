//! Every bound of the engine, and where it comes from.

/// The longest template, in bytes (API Gateway developer guide, "Amazon API Gateway quotas and
/// important notes": 300 KB, not increasable).
pub const TEMPLATE_BYTES: usize = 300 * 1024;

/// How often one `#foreach` runs its body (the same page: 1,000 iterations, not increasable).
/// What AWS does with the elements behind is not recorded; Velocity, whose
/// `directive.foreach.maxloops` this is, leaves them out without a word.
pub(crate) const FOREACH_ITERATIONS: usize = 1_000;

/// How deep macros call each other (Velocity 1.7's default, `velocimacro.max.depth`).
pub(crate) const MACRO_DEPTH: usize = 20;

/// How deep a `#define`d block may render itself (Velocity 1.7's default,
/// `directive.define.max.depth`).
pub(crate) const DEFINE_DEPTH: usize = 2;

/// How deep expressions, calls and blocks stand inside each other in a template. Ours: deeper
/// ones would not fit the stack of a thread.
pub(crate) const NESTING: usize = 64;

/// How many operators of one kind follow each other, together with the levels around them.
/// Ours: `a + b + c` is as deep as it is long.
pub(crate) const OPERATORS: usize = 100;

/// How deep blocks, macros, evaluated templates and values stand inside each other while a
/// template is rendered. Ours, for the same reason.
pub(crate) const DEPTH: usize = 160;

/// How much one rendering may do. A statement, an expression and an element of a list are one
/// unit each, and so are [`BYTES_A_UNIT`] bytes of text that is made or searched; regular
/// expressions cost more. Ours: it bounds the time (about a second) and the memory (about
/// 100 MB) of one request.
pub(crate) const WORK: u64 = 4_000_000;

/// See [`WORK`].
pub(crate) const BYTES_A_UNIT: usize = 16;

/// The largest whole number, in bits. Ours: Java has next to none.
pub(crate) const INTEGER_BITS: u64 = 8 * 1024;

/// The size that a regular expression of `replaceAll`, `split` or `matches` may have compiled,
/// in bytes. Ours.
pub(crate) const REGEX_BYTES: usize = 256 * 1024;
