//! Any text as a mapping template.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = vtl::Template::compile(text);
});
