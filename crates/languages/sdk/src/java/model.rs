//! Classes that hold values.

use std::fmt::Write as _;

use super::types::Type;
use crate::literal::java as literal;
use crate::names::capital;

/// A property of a class.
pub(super) struct Property {
    /// Its name in JSON.
    pub(super) json: String,
    /// Its name in Java.
    pub(super) field: String,
    pub(super) of: Type,
}

/// The class of an object in JSON.
pub(super) fn object(name: &str, properties: &[Property]) -> String {
    let mut text = String::from("\n");
    text.push_str("import java.util.LinkedHashMap;\nimport java.util.List;\nimport java.util.Map;\n");
    let mut text = text + "import RUNTIME.Json;\nimport RUNTIME.JsonObject;\n\n";
    let _ = writeln!(text, "public final class {name} implements JsonObject {{");
    accessors(name, properties, &mut text);
    let _ = writeln!(text, "\n    /** One of a value that was read; null if that is no object. */");
    let _ = writeln!(text, "    public static {name} fromJson(Object json) {{");
    let _ = writeln!(text, "        Map<String, Object> members = Json.map(json);");
    let _ = writeln!(text, "        if (members == null) {{\n            return null;\n        }}");
    let _ = writeln!(text, "        {name} value = new {name}();");
    for Property { json, field, of } in properties {
        let read = of.read(&format!("members.get({})", literal(json)), 0);
        let _ = writeln!(text, "        value.{field} = {read};");
    }
    let _ = writeln!(text, "        return value;\n    }}");
    let _ = writeln!(text, "\n    @Override\n    public Map<String, Object> toJson() {{");
    let _ = writeln!(text, "        Map<String, Object> members = new LinkedHashMap<>();");
    for Property { json, field, .. } in properties {
        let _ = writeln!(text, "        if (this.{field} != null) {{");
        let _ = writeln!(text, "            members.put({}, this.{field});\n        }}", literal(json));
    }
    let _ = writeln!(text, "        return members;\n    }}");
    let _ = writeln!(text, "\n    @Override\n    public String toString() {{");
    let _ = writeln!(text, "        return Json.write(this);\n    }}\n}}");
    text
}

/// Fields, with a getter, a setter, and a setter that returns the object.
pub(super) fn accessors(class: &str, properties: &[Property], text: &mut String) {
    for Property { field, of, .. } in properties {
        let _ = writeln!(text, "    private {} {field};", of.name());
    }
    for Property { field, of, .. } in properties {
        let (of, capital) = (of.name(), capital(field));
        let _ = writeln!(text, "\n    public {of} get{capital}() {{\n        return this.{field};\n    }}");
        let _ = writeln!(
            text,
            "\n    public void set{capital}({of} value) {{\n        this.{field} = value;\n    }}"
        );
        let _ = writeln!(text, "\n    public {class} {field}({of} value) {{");
        let _ = writeln!(text, "        this.{field} = value;\n        return this;\n    }}");
    }
}
