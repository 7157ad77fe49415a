//! Any path, put to any document.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: (&str, &str)| {
    let (path, document) = input;
    let Ok(path) = jsonpath::JsonPath::compile(path) else { return };
    let Ok(document) = serde_json::from_str::<serde_json::Value>(document) else { return };
    let _ = path.read(&document);
});
