use serde_json::json;

use super::*;

const CONFIG: &str = r#"
botocore = "1.0.0"
[[service]]
name = "toys"
operations = "all"
validation = { error = "ValidationException", address = "plain", message_member = "message" }
"#;

fn toys() -> serde_json::Value {
    json!({
        "metadata": {
            "apiVersion": "2026-11-23", "endpointPrefix": "toys", "serviceId": "Toys", "protocol": "rest-json",
            "uid": "toys-2026-11-23",
        },
        "operations": {
            "GetToy": {
                "name": "GetToy",
                "http": {"method": "GET", "requestUri": "/toys/{id}"},
                "input": {"shape": "GetToyRequest"},
                "output": {"shape": "Toy"},
                "errors": [{"shape": "LostException"}],
            },
        },
        "shapes": {
            "GetToyRequest": {
                "type": "structure", "required": ["id"],
                "members": {"id": {"shape": "Id", "location": "uri", "locationName": "id"}},
            },
            "Toy": {
                "type": "structure",
                "members": {"kind": {"shape": "Kind"}, "labels": {"shape": "Labels"}, "size": {"shape": "Word", "enum": ["S", "L"]}},
            },
            "Id": {"type": "string", "pattern": "[a-z]+"},
            "Kind": {"type": "string", "enum": ["CAR", "DOLL"]},
            "Labels": {"type": "map", "key": {"shape": "Id"}, "value": {"shape": "Id"}},
            "Word": {"type": "string"},
            "Unreached": {"type": "string"},
            "LostException": {"type": "structure", "members": {}, "exception": true},
        },
    })
}

/// What becomes of the toys with this added to the configuration.
fn outcome(model: serde_json::Value, errata: &str) -> Result<String, String> {
    let config: Config = toml::from_str(&format!("{CONFIG}{errata}")).map_err(|error| error.to_string())?;
    let raw: RawModel = serde_json::from_value(model).map_err(|error| error.to_string())?;
    let model = Model::new(&config.service[0], raw, &config).map_err(|error| error.to_string())?;
    Ok(format!("{:?}", model.shapes.keys().collect::<Vec<_>>()))
}

#[test]
fn shapes_that_nothing_reaches_are_left_out_and_inline_enumerations_get_names() {
    let names = r#"["GetToyRequest", "Id", "Kind", "Labels", "Toy", "Toysize"]"#;
    assert_eq!(outcome(toys(), "").as_deref(), Ok(names));
}

#[test]
fn an_erratum_applies_or_fails() {
    let order =
        |values: &str| outcome(toys(), &format!("[[enum_order]]\nshape = \"toys.Kind\"\nvalues = {values}"));
    assert!(order("[\"DOLL\", \"CAR\"]").is_ok());
    let stale = "the erratum for toys.Kind in codegen.toml no longer applies: ";
    assert_eq!(order("[\"CAR\", \"DOLL\"]"), Err(format!("{stale}the model has the same order")));
    assert_eq!(order("[\"DOLL\"]"), Err(format!("{stale}the model's values are others")));

    let sparse = |member: &str| outcome(toys(), &format!("[[sparse]]\nmember = \"toys.Toy.{member}\""));
    assert!(sparse("labels").is_ok_and(|names| names.contains("SparseLabels")));
    assert!(sparse("kind").is_err_and(|why| why.contains("not a map")));
    assert!(sparse("wheels").is_err_and(|why| why.contains("no such member")));

    let sensitive = |member: &str| outcome(toys(), &format!("[[sensitive]]\nmember = \"toys.Toy.{member}\""));
    assert!(sensitive("kind").is_ok());
    assert!(sensitive("wheels").is_err_and(|why| why.contains("no such member")));
    let mut model = toys();
    model["shapes"]["Kind"]["sensitive"] = json!(true);
    let said = outcome(model, "[[sensitive]]\nmember = \"toys.Toy.kind\"");
    assert!(said.is_err_and(|why| why.contains("the model says so too")));

    let pattern = |shape: &str| {
        outcome(toys(), &format!("[[pattern]]\nshape = \"toys.{shape}\"\nmatches = \"[a-z]+\""))
    };
    assert!(pattern("Id").is_err_and(|why| why.contains("the model's own pattern compiles")));
    assert!(pattern("Kind").is_err_and(|why| why.contains("the shape has no pattern")));
}

#[test]
fn a_pattern_that_does_not_compile_needs_an_erratum() {
    let mut model = toys();
    model["shapes"]["Id"]["pattern"] = json!("(?!x)[a-z]+");
    assert!(outcome(model.clone(), "").is_err_and(|why| why.contains("give it a [[pattern]] erratum")));
    let erratum = "[[pattern]]\nshape = \"toys.Id\"\nmatches = \"[a-wyz][a-z]*\"";
    assert!(outcome(model, erratum).is_ok());
}

#[test]
fn surprises_of_the_model_are_named() {
    let mut model = toys();
    model["shapes"]["Toy"]["novelty"] = json!(true);
    assert!(outcome(model, "").is_err_and(|why| why.contains("novelty")));
    let mut model = toys();
    model["shapes"]["Toy"]["members"]["kind"]["location"] = json!("cookie");
    let text = "the model of toys surprises: Toy.kind lives in cookie";
    assert_eq!(outcome(model, ""), Err(text.to_owned()));
    let mut model = toys();
    model["shapes"]["Kind"]["type"] = json!("complex");
    assert!(outcome(model, "").is_err_and(|why| why.contains("unknown or incomplete type complex")));
}
