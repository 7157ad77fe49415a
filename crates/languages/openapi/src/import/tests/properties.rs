use proptest::prelude::*;

use super::*;

/// The keys that mean something, so that trees of them get far.
const KEYS: [&str; 47] = [
    "/",
    "/a",
    "/a/{b+}",
    "200",
    "$ref",
    "a",
    "api_key",
    "additionalProperties",
    "allOf",
    "authorizerUri",
    "basePath",
    "components",
    "consumes",
    "content",
    "default",
    "definitions",
    "documentationParts",
    "get",
    "headers",
    "in",
    "info",
    "items",
    "location",
    "name",
    "parameters",
    "paths",
    "post",
    "properties",
    "requestBody",
    "requestParameters",
    "responses",
    "schema",
    "schemas",
    "security",
    "securityDefinitions",
    "securitySchemes",
    "servers",
    "statusCode",
    "type",
    "url",
    "variables",
    "x-amazon-apigateway-any-method",
    "x-amazon-apigateway-authorizer",
    "x-amazon-apigateway-documentation",
    "x-amazon-apigateway-gateway-responses",
    "x-amazon-apigateway-integration",
    "x-amazon-apigateway-request-validators",
];

const TEXTS: [&str; 16] = [
    "",
    "a",
    "token",
    "mock",
    "object",
    "#",
    "#/",
    "#/definitions/a",
    "#/paths/~1",
    "#/components/schemas/a",
    "API",
    "header",
    "path",
    "body",
    "{b}",
    "/a/b",
];

fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-10_000_i32..10_000).prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        prop::sample::select(TEXTS.to_vec()).prop_map(Value::from),
        "\\PC{0,10}".prop_map(Value::from),
    ];
    leaf.prop_recursive(8, 200, 8, |inner| {
        let key =
            prop_oneof![9 => prop::sample::select(KEYS.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,6}"];
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            3 => prop::collection::vec((key, inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever stands in a document, there is an answer, and the tree of resources is whole.
    #[test]
    fn any_document_has_an_answer(tree in tree(), paths in tree(), definitions in tree()) {
        for version in [json!({"swagger": "2.0"}), json!({"openapi": "3.0.0"})] {
            let document = with(with(version, tree.clone()), json!({
                "paths": paths, "definitions": definitions, "components": {"schemas": definitions},
            }));
            for base_path in [BasePath::Ignore, BasePath::Prepend, BasePath::Split] {
                let Ok(imported) = import(document.clone(), &Import { base_path, ..how() }) else { continue };
                let paths: Vec<_> =
                    imported.definition.resources.iter().map(|resource| resource.path.clone().unwrap()).collect();
                prop_assert_eq!(paths.first().map(String::as_str), Some("/"));
                for path in paths.iter().skip(1) {
                    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
                    let parent = if parent.is_empty() { "/" } else { parent };
                    prop_assert!(paths.iter().any(|path| path == parent), "{} has no parent", path);
                }
            }
        }
    }

    /// A tree means the same whether it is written as JSON or as YAML's flow.
    #[test]
    fn text_and_tree_are_the_same(tree in tree()) {
        let text = serde_json::to_string_pretty(&tree).unwrap();
        let read = crate::text::read(text.as_bytes());
        prop_assert_eq!(read, Ok(tree.clone()));
        let yaml = crate::text::read(format!("# YAML\n{text}").as_bytes());
        prop_assert_eq!(yaml, Ok(tree));
    }
}
