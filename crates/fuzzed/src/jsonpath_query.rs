//! Any path, put to any document.

pub(crate) fn run(input: &[u8]) {
    let [path, document] = crate::parts(input);
    let Ok(path) = jsonpath::JsonPath::compile(&path) else { return };
    let Ok(document) = serde_json::from_str::<serde_json::Value>(&document) else { return };
    let _ = path.read(&document);
}
