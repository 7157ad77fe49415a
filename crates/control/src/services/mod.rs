//! The services: one folder each, one file for each collection of operations.

use crate::Registry;

pub(crate) fn register(_registry: &mut Registry) {}
