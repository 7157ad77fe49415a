//! Where a documentation part belongs: which fields a location of each type may have and must
//! have, and what they stand for if they are left out (API Gateway developer guide,
//! "Representation of API documentation in API Gateway").

use api::apigateway::{DocumentationPartLocation as Location, DocumentationPartType as Type};

use super::super::super::limits;
use super::super::methods;

/// A field of a location besides its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Path,
    Method,
    StatusCode,
    Name,
}

use Field::{Method, Name, Path, StatusCode};

impl Field {
    const ALL: [Self; 4] = [Path, Method, StatusCode, Name];

    fn name(self) -> &'static str {
        match self {
            Path => "path",
            Method => "method",
            StatusCode => "statusCode",
            Name => "name",
        }
    }

    fn of(self, location: &Location) -> Option<&str> {
        match self {
            Path => location.path.as_deref(),
            Method => location.method.as_deref(),
            StatusCode => location.status_code.as_deref(),
            Name => location.name.as_deref(),
        }
    }

    /// What it stands for if it is left out.
    fn default(self) -> Option<&'static str> {
        match self {
            Path => Some("/"),
            Method | StatusCode => Some("*"),
            Name => None,
        }
    }
}

fn fields(kind: Type) -> &'static [Field] {
    match kind {
        Type::Api => &[],
        Type::Authorizer | Type::Model => &[Name],
        Type::Resource => &[Path],
        Type::Method | Type::RequestBody => &[Path, Method],
        Type::PathParameter | Type::QueryParameter | Type::RequestHeader => &[Path, Method, Name],
        Type::Response | Type::ResponseBody => &[Path, Method, StatusCode],
        Type::ResponseHeader => &[Path, Method, StatusCode, Name],
    }
}

/// The location as it is stored: empty fields are left out.
///
/// # Errors
/// What is wrong with it. The texts are not recorded.
pub(super) fn read(given: &Location) -> Result<Location, String> {
    let present = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let location = Location {
        r#type: given.r#type,
        path: present(&given.path),
        method: present(&given.method),
        status_code: present(&given.status_code),
        name: present(&given.name),
    };
    let (kind, valid) = (given.r#type, fields(given.r#type));
    for field in Field::ALL {
        let name = field.name();
        match field.of(&location) {
            Some(_) if !valid.contains(&field) => {
                return Err(format!(
                    "Invalid documentation part location specified: {name} is not valid for type {kind}"
                ));
            }
            Some(text) if text.len() > limits::NAME => {
                return Err(format!("Invalid documentation part location specified: {name} is too long"));
            }
            None if field == Name && valid.contains(&field) => {
                return Err(format!(
                    "Invalid documentation part location specified: {name} is required for type {kind}"
                ));
            }
            _ => {}
        }
    }
    let bad = |name: &str, value: &str| {
        Err(format!("Invalid documentation part location specified: {name} {value}"))
    };
    match (location.path.as_deref(), location.method.as_deref(), location.status_code.as_deref()) {
        (Some(path), _, _) if !path.starts_with('/') => bad("path", path),
        (_, Some(method), _) if method != "*" && methods::check_verb(method).is_err() => {
            bad("method", method)
        }
        (_, _, Some(code)) if !is_status_code(code) => bad("statusCode", code),
        _ => Ok(location),
    }
}

fn is_status_code(text: &str) -> bool {
    text == "*"
        || matches!(text.as_bytes(), [b'1'..=b'5', rest @ ..] if rest.len() == 2 && rest.iter().all(u8::is_ascii_digit))
}

/// The location with everything that is left out written out: two parts are about the same thing
/// if this is the same.
pub(super) fn whole(location: &Location) -> Location {
    let valid = fields(location.r#type);
    let fill = |field: Field| {
        let default = field.default().filter(|_| valid.contains(&field));
        field.of(location).or(default).map(str::to_owned)
    };
    Location {
        r#type: location.r#type,
        path: fill(Path),
        method: fill(Method),
        status_code: fill(StatusCode),
        name: fill(Name),
    }
}

/// The location in refusals, `type 'API'`. With other fields than the type the text is not
/// recorded.
pub(super) fn described(location: &Location) -> String {
    let mut text = format!("type '{}'", location.r#type);
    for field in Field::ALL {
        if let Some(value) = field.of(location) {
            text.push_str(&format!(", {} '{value}'", field.name()));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn location(value: Value) -> Location {
        serde_json::from_value(value).unwrap()
    }

    /// "Valid location fields of DocumentationPart".
    #[test]
    fn each_type_has_its_fields() {
        let all = json!({"path": "/pets", "method": "GET", "statusCode": "200", "name": "x"});
        for (kind, valid) in [
            ("API", vec![]),
            ("AUTHORIZER", vec!["name"]),
            ("MODEL", vec!["name"]),
            ("RESOURCE", vec!["path"]),
            ("METHOD", vec!["path", "method"]),
            ("PATH_PARAMETER", vec!["path", "method", "name"]),
            ("QUERY_PARAMETER", vec!["path", "method", "name"]),
            ("REQUEST_HEADER", vec!["path", "method", "name"]),
            ("REQUEST_BODY", vec!["path", "method"]),
            ("RESPONSE", vec!["path", "method", "statusCode"]),
            ("RESPONSE_HEADER", vec!["path", "method", "statusCode", "name"]),
            ("RESPONSE_BODY", vec!["path", "method", "statusCode"]),
        ] {
            let mut good = json!({"type": kind});
            for field in &valid {
                good[field] = all[field].clone();
            }
            assert_eq!(read(&location(good.clone())), Ok(location(good.clone())), "{kind}");
            for (field, value) in all.as_object().unwrap() {
                if valid.contains(&field.as_str()) {
                    continue;
                }
                let mut bad = good.clone();
                bad[field] = value.clone();
                assert_eq!(
                    read(&location(bad)),
                    Err(format!(
                        "Invalid documentation part location specified: {field} is not valid for type {kind}"
                    ))
                );
            }
            if valid.contains(&"name") {
                assert_eq!(
                    read(&location(json!({"type": kind, "name": ""}))),
                    Err(format!(
                        "Invalid documentation part location specified: name is required for type {kind}"
                    ))
                );
            }
        }
    }

    #[test]
    fn fields_have_a_form() {
        let check = |more: Value, expected: &str| {
            let mut value = json!({"type": "RESPONSE"});
            value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            assert_eq!(read(&location(value)).err().unwrap_or_default(), expected);
        };
        for code in ["*", "100", "599"] {
            check(json!({"statusCode": code}), "");
        }
        for code in ["600", "20", "2000", "2x0"] {
            let expected = format!("Invalid documentation part location specified: statusCode {code}");
            check(json!({"statusCode": code}), &expected);
        }
        check(json!({"method": "*"}), "");
        check(json!({"method": "get"}), "Invalid documentation part location specified: method get");
        check(json!({"path": "pets"}), "Invalid documentation part location specified: path pets");
        check(json!({"path": format!("/{}", "a".repeat(1023))}), "");
        check(
            json!({"path": format!("/{}", "a".repeat(1024))}),
            "Invalid documentation part location specified: path is too long",
        );
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        assert_eq!(
            whole(&location(json!({"type": "RESPONSE", "method": "GET"}))),
            location(json!({"type": "RESPONSE", "path": "/", "method": "GET", "statusCode": "*"}))
        );
        assert_eq!(whole(&location(json!({"type": "API"}))), location(json!({"type": "API"})));
    }
}
