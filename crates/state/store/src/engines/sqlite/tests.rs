//! Tests that look below the public door.
