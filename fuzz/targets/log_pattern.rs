//! Any text as a filter pattern, held against any message.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: (String, String)| {
    if let Ok(pattern) = logs::Pattern::parse(&input.0) {
        let _ = pattern.matches(&input.1);
    }
});
