//! What Apache Velocity 1.7 made of the templates in `corpus/` (its README says how).

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::Value as Json;

use crate::parser::parse;
use crate::render::{Dialect, Machine};
use crate::scene::{Lookup, Place, Scene};
use crate::value::{ListKind, Value};
use crate::{Overrides, RenderError};

/// Velocity has no hosts.
struct Nothing;

impl Scene for Nothing {
    fn body(&self) -> &str {
        ""
    }
    fn parameter(&self, _: &str) -> Option<std::borrow::Cow<'_, str>> {
        None
    }
    fn each_parameter(&self, _: Place, _: &mut dyn FnMut(&str, &str)) {}
    fn context(&self, _: &str, _: &mut String) -> Lookup {
        Lookup::Unknown
    }
    fn each_context(&self, _: &mut dyn FnMut(&str, Option<&str>)) {}
    fn stage_variable(&self, _: &str) -> Option<&str> {
        None
    }
    fn each_stage_variable(&self, _: &mut dyn FnMut(&str, &str)) {}
}

/// What the template prints, or why it was refused.
fn outcome(template: &str, context: &Json) -> Result<String, String> {
    let parsed = parse(template).map_err(|error| error.to_string())?;
    let mut macros = HashMap::new();
    for defined in parsed.macros {
        macros.entry(defined.name.clone()).or_insert(defined);
    }
    let (overrides, mut out) = (Overrides::default(), String::new());
    let mut machine = Machine::new(&Nothing, Dialect::Velocity, &macros, &overrides, 1_000_000, &mut out);
    for (name, value) in context.as_object().into_iter().flatten() {
        let value = java(&mut machine, value);
        machine.put(name, value);
    }
    let result: Result<(), RenderError> = machine.run(&parsed.body);
    result.map(|()| out).map_err(|error| error.to_string())
}

/// The oracle's lists are Java's own.
fn java(machine: &mut Machine<'_>, json: &Json) -> Value {
    let value = machine.heap.of_json(json);
    for list in machine.heap.lists_mut() {
        list.kind = ListKind::Java;
    }
    value
}

#[test]
fn templates_render_as_velocity_rendered_them() {
    // Asked when it runs: checkouts may share a target folder.
    let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("corpus");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    let (mut cases, mut wrong) = (0, Vec::new());
    for file in &files {
        let content = std::fs::read_to_string(file).unwrap();
        let listed: Vec<Json> = serde_json::from_str(&content).unwrap();
        for case in &listed {
            cases += 1;
            let template = case["template"].as_str().unwrap();
            let found = outcome(template, &case["context"]);
            let expected = case["expected"].as_str();
            if found.as_deref().ok() != expected {
                let name = file.file_name().unwrap().to_string_lossy();
                wrong.push(format!("{name}: {template:?}\n  expected {expected:?}\n  found    {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} differ\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases >= 500, "only {cases} cases in {files:?}");
}
