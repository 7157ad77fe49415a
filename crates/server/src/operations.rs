//! `gatewright operations`: what is built, read from the table that the control plane itself
//! dispatches by.

use std::fmt::Write as _;

use serde::Serialize;

#[derive(Serialize)]
struct Listed {
    services: Vec<Service>,
}

#[derive(Serialize)]
struct Service {
    service: &'static str,
    built: usize,
    total: usize,
    operations: Vec<Operation>,
}

#[derive(Serialize)]
struct Operation {
    name: &'static str,
    built: bool,
}

/// The list as text or as JSON, with a line end.
pub(crate) fn listed(json: bool) -> String {
    let services = control::registry().operations().into_iter().map(|(service, operations)| Service {
        service: service.name,
        built: operations.iter().filter(|(_, built)| *built).count(),
        total: operations.len(),
        operations: operations.into_iter().map(|(name, built)| Operation { name, built }).collect(),
    });
    let listed = Listed { services: services.collect() };
    if json { as_json(&listed) } else { as_table(&listed) }
}

fn as_json(listed: &Listed) -> String {
    // Strings, numbers and truth values: this cannot fail.
    let mut text = serde_json::to_string(listed).unwrap_or_default();
    text.push('\n');
    text
}

fn as_table(listed: &Listed) -> String {
    let mut text = String::new();
    for service in &listed.services {
        let _ = writeln!(text, "{} ({} of {} built)", service.service, service.built, service.total);
        for operation in &service.operations {
            let mark = if operation.built { "built    " } else { "not built" };
            let _ = writeln!(text, "  {mark}  {}", operation.name);
        }
        text.push('\n');
    }
    let (built, total) = listed
        .services
        .iter()
        .fold((0, 0), |(built, total), service| (built + service.built, total + service.total));
    let _ = writeln!(text, "{built} of {total} operations are built.");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Listed {
        let operations = vec![
            Operation { name: "CreateRestApi", built: true },
            Operation { name: "GetSdk", built: false },
        ];
        Listed { services: vec![Service { service: "apigateway", built: 1, total: 2, operations }] }
    }

    #[test]
    fn json_has_the_documented_form() {
        let expected = r#"{"services":[{"service":"apigateway","built":1,"total":2,"operations":[{"name":"CreateRestApi","built":true},{"name":"GetSdk","built":false}]}]}"#;
        assert_eq!(as_json(&two()), format!("{expected}\n"));
    }

    #[test]
    fn the_table_says_the_same() {
        let expected = "apigateway (1 of 2 built)
  built      CreateRestApi
  not built  GetSdk

1 of 2 operations are built.
";
        assert_eq!(as_table(&two()), expected);
    }

    #[test]
    fn every_service_of_the_models_is_listed() {
        let text = listed(false);
        assert!(text.starts_with("apigateway ("), "{text}");
        assert!(text.contains("\niam ("));
    }
}
