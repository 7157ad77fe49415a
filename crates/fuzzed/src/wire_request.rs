//! Any text as an AWS API call: service, method, path, target, content type, then the body.
//! Whatever comes in is answered or refused, and what is refused is encoded.

pub(crate) fn run(input: &[u8]) {
    let [service, method, path, target, kind, body] = crate::parts(input);
    let request = http::Request::builder()
        .method(method.as_str())
        .uri(path)
        .header("x-amz-target", target)
        .header("content-type", kind)
        .body(bytes::Bytes::from(body));
    let Ok(request) = request else { return };
    let request = wire::Request::from(request);
    let service = (!service.is_empty()).then_some(service.as_str());
    match wire::dispatch(&request, service) {
        Ok(found) => {
            let read = wire::decode(&found, &request)
                .and_then(|value| wire::validate(found.operation, &value).map(|()| value));
            let _ = match read {
                Ok(value) => wire::encode(found.operation, value, "id"),
                Err(error) => wire::encode_error(Some(found.service), &error, "id"),
            };
        }
        Err(error) => drop(wire::encode_error(None, &error, "id")),
    }
}
