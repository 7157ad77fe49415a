//! Any bytes as an AWS API call: method, target, service, then headers and body. Whatever comes
//! in is answered or refused, and what is refused is encoded.
#![no_main]

use libfuzzer_sys::fuzz_target;

const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];
const SERVICES: [Option<&str>; 6] =
    [None, Some("apigateway"), Some("execute-api"), Some("iam"), Some("lambda"), Some("logs")];

fuzz_target!(|input: (u8, u8, String, String, String, Vec<u8>)| {
    let (method, service, path, target, kind, body) = input;
    let request = http::Request::builder()
        .method(METHODS[usize::from(method) % METHODS.len()])
        .uri(format!("/{path}"))
        .header("x-amz-target", target)
        .header("content-type", kind)
        .body(bytes::Bytes::from(body));
    let Ok(request) = request else { return };
    let request = wire::Request::from(request);
    match wire::dispatch(&request, SERVICES[usize::from(service) % SERVICES.len()]) {
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
});
