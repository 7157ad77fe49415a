//! A document as the text that AWS writes: `"name" : value`, lists on one line, two blanks for
//! each level of objects.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// The JSON text of a document.
#[must_use]
pub fn to_json(document: &Value) -> String {
    let mut text = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut text, Layout::default());
    // Writing a value whose keys are texts to memory does not fail.
    let _ = document.serialize(&mut serializer);
    String::from_utf8(text).unwrap_or_default()
}

#[derive(Default)]
struct Layout {
    depth: usize,
    /// Whether what was begun last has anything in it.
    filled: bool,
}

impl Layout {
    fn line<W: ?Sized + io::Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| writer.write_all(b"  "))
    }
}

impl Formatter for Layout {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"[")
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b" " } else { b", " })
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.filled = true;
        writer.write_all(b" ]")
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        writer.write_all(b"{")
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        self.line(writer)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b" : ")
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        if self.filled {
            self.line(writer)?;
        } else {
            writer.write_all(b" ")?;
        }
        self.filled = true;
        writer.write_all(b"}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The layout of documents that users of AWS have published.
    #[test]
    fn the_layout_is_awss() {
        let document = json!({
            "schemes": ["https"], "empty": {}, "none": [],
            "servers": [{"url": "x", "deep": {"a": [1, [true]]}}, {"b": {}}],
        });
        let expected = r#"{
  "schemes" : [ "https" ],
  "empty" : { },
  "none" : [ ],
  "servers" : [ {
    "url" : "x",
    "deep" : {
      "a" : [ 1, [ true ] ]
    }
  }, {
    "b" : { }
  } ]
}"#;
        assert_eq!(to_json(&document), expected);
    }
}
