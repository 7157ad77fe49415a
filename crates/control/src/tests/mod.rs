//! The way of a call through the whole pipeline, with the bytes of the wire.
