//! The layout in which AWS writes the schemas of imported models: objects over several lines,
//! lists on one.

use serde_json::Value;

/// `value` as AWS writes it.
pub(super) fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, 0);
    out
}

fn write(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(members) if members.is_empty() => out.push_str("{ }"),
        Value::Object(members) => {
            out.push('{');
            for (n, (name, value)) in members.iter().enumerate() {
                out.push_str(if n == 0 { "\n" } else { ",\n" });
                out.push_str(&"  ".repeat(depth + 1));
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push_str(" : ");
                write(out, value, depth + 1);
            }
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
            out.push('}');
        }
        Value::Array(values) if values.is_empty() => out.push_str("[ ]"),
        Value::Array(values) => {
            out.push_str("[ ");
            for (n, value) in values.iter().enumerate() {
                if n > 0 {
                    out.push_str(", ");
                }
                write(out, value, depth);
            }
            out.push_str(" ]");
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}
