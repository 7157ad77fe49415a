//! The values of templates: Java's, as far as templates can tell.

mod compare;
mod heap;
mod json;
mod number;
mod pattern;
mod print;

use std::sync::Arc;

use num_bigint::BigInt;

pub(crate) use heap::{Defined, Heap, Key, ListId, ListKind, Loop, MapId, MapKind};
pub(crate) use json::{size, to_json};
pub(crate) use number::{arithmetic, compare_numbers, double, float_of, int, integer_of, long, print_double};
pub(crate) use pattern::Pattern;
pub(crate) use print::print_simple;

/// A value. Cheap to clone: texts are shared, lists and maps are places in a [`Heap`], so that
/// all that name one see it change.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    /// `java.lang.Integer`
    Integer(i32),
    /// `java.lang.Long`
    Long(i64),
    /// `java.math.BigInteger`
    Big(Arc<BigInt>),
    /// `java.lang.Double`
    Double(f64),
    /// `java.lang.String`
    Text(Arc<str>),
    List(ListId),
    Map(MapId),
    /// An entry of a map: its place in the heap.
    Entry(usize),
    /// `$foreach`: its place in the heap.
    Loop(usize),
    /// A `#define`d block: its place in the heap.
    Block(usize),
    /// `$input`, `$context`, `$stageVariables`, `$util`.
    Host(Host),
}

/// What API Gateway puts into a template's world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Input,
    Context,
    StageVariables,
    Util,
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(crate) fn is_number(&self) -> bool {
        matches!(self, Self::Integer(_) | Self::Long(_) | Self::Big(_) | Self::Double(_))
    }

    /// A count as Java's `int`.
    pub(crate) fn count(count: usize) -> Self {
        Self::Integer(i32::try_from(count).unwrap_or(i32::MAX))
    }
}
