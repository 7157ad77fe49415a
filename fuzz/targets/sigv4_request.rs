#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzzed::run("sigv4_request", input));
