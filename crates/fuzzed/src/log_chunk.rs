//! Any bytes as a chunk of log events. What is one has one form: written anew it is the same bytes.

pub(crate) fn run(input: &[u8]) {
    let Ok(chunk) = logs::Chunk::decode(input) else { return };
    let Some((first, _)) = chunk.events().first() else { return };
    let mut again = logs::ChunkBuilder::new(*first);
    for (millis, text) in chunk.events() {
        assert!(again.push(*millis, text), "all events are of one window");
    }
    assert_eq!(again.data(), input);
}
