//! Any texts as the keys of routes, which any path meets or does not.

use gateway::http_api::routes::Routes;
use gateway::rest::trie::Verb;

pub(crate) fn run(input: &[u8]) {
    let [keys, path] = crate::parts(input);
    let mut routes = Routes::default();
    let mut count = 0;
    for key in keys.lines() {
        if routes.add(key, count).is_ok() {
            count += 1;
        }
    }
    let Some(verb) = Verb::named("GET") else { return };
    if let Some(found) = routes.find(verb, &path) {
        assert!(found.route < count.max(1), "{found:?}");
        // What climbs meets nothing.
        assert!(!path.split('/').any(|segment| segment == ".."), "{found:?}");
    }
}
