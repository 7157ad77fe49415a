//! Any text as a filter pattern, held against any message.

pub(crate) fn run(input: &[u8]) {
    let [pattern, message] = crate::parts(input);
    if let Ok(pattern) = logs::Pattern::parse(&pattern) {
        let _ = pattern.matches(&message);
    }
}
