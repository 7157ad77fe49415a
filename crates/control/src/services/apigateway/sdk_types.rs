//! `/sdktypes`: the languages that AWS makes clients in, and what each has to be told. Those that
//! have no generator here are listed too, because the list is AWS's; `GetSdk` refuses them.

use api::apigateway::operations as op;
use api::apigateway::{GetSdkTypeRequest, GetSdkTypesRequest, SdkConfigurationProperty, SdkType, SdkTypes};

use super::refusals::not_found;
use crate::paginate::{Page, page};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry.read(op::GetSdkTypes, get_sdk_types).read(op::GetSdkType, get_sdk_type);
}

/// Name, friendly name, description, whether it is required.
type Property = (&'static str, &'static str, &'static str, bool);

/// Id, friendly name, description, properties. Those of Java and Ruby are as AWS's developer
/// portal shows them; the others' ids and properties are from the API reference (`GetSdk`), and
/// their descriptions are worded like these.
const TYPES: [(&str, &str, &str, &[Property]); 6] = [
    (
        "android",
        "Android",
        "Android SDK generator for API Gateway APIs",
        &[
            ("groupId", "Group ID", "Group id for your Maven project", true),
            (
                "invokerPackage",
                "Invoker package",
                "Name of the Java package your code will be generated under",
                true,
            ),
            ("artifactId", "Artifact ID", "Artifact id for your Maven project", true),
            ("artifactVersion", "Artifact version", "Version of your Maven project", true),
        ],
    ),
    (
        "java",
        "Java",
        "Java SDK generator for API Gateway APIs",
        &[
            (
                "service.name",
                "Service Name",
                "Name of the service which is used to derive the Java interface name for your client",
                true,
            ),
            (
                "java.package-name",
                "Java Package Name",
                "Name of the Java package your code will be generated under",
                true,
            ),
            (
                "java.build-system",
                "Java Build System",
                "Build system to setup for project; Currently supported: maven, gradle",
                false,
            ),
            (
                "java.group-id",
                "Java Group Id",
                "Group id for your Maven or Gradle project. Defaults to package name",
                false,
            ),
            (
                "java.artifact-id",
                "Java Artifact Id",
                "Artifact Id for your Maven project or project name for your Gradle project. Defaults to service name",
                false,
            ),
            (
                "java.artifact-version",
                "Java Artifact Version",
                "Version of your Maven or Gradle project. Defaults to 1.0-SNAPSHOT",
                false,
            ),
            (
                "java.license-text",
                "Source Code License Text",
                "Customer provided license to inject into source file headers",
                false,
            ),
        ],
    ),
    ("javascript", "JavaScript", "JavaScript SDK generator for API Gateway APIs", &[]),
    (
        "objectivec",
        "iOS (Objective-C)",
        "iOS SDK generator for API Gateway APIs in Objective-C",
        &[("classPrefix", "Prefix", "Prefix of the names of generated classes", true)],
    ),
    (
        "ruby",
        "Ruby",
        "Ruby SDK generator for API Gateway APIs",
        &[
            (
                "service.name",
                "Service Name",
                "Name of the service which is used to derive the name for your client",
                true,
            ),
            (
                "ruby.gem-name",
                "Ruby Gem Name",
                "Name of the Ruby gem your code will be generated under",
                false,
            ),
            (
                "ruby.gem-version",
                "Ruby Gem Version",
                "Version number for your service gem. Defaults to 1.0.0",
                false,
            ),
        ],
    ),
    (
        "swift",
        "iOS (Swift)",
        "iOS SDK generator for API Gateway APIs in Swift",
        &[("classPrefix", "Prefix", "Prefix of the names of generated classes", true)],
    ),
];

fn all() -> Vec<SdkType> {
    let property = |(name, friendly, description, required): &Property| SdkConfigurationProperty {
        name: Some((*name).to_owned()),
        friendly_name: Some((*friendly).to_owned()),
        description: Some((*description).to_owned()),
        required: Some(*required),
        default_value: None,
    };
    TYPES
        .iter()
        .map(|(id, friendly, description, properties)| SdkType {
            id: Some((*id).to_owned()),
            friendly_name: Some((*friendly).to_owned()),
            description: Some((*description).to_owned()),
            configuration_properties: Some(properties.iter().map(property).collect()),
        })
        .collect()
}

/// Whether AWS makes clients of the type.
pub(super) fn is_type(id: &str) -> bool {
    TYPES.iter().any(|(known, ..)| *known == id)
}

fn get_sdk_types(_: &mut Call<'_, '_>, input: &GetSdkTypesRequest) -> Outcome<SdkTypes> {
    let place = |of: &SdkType| of.id.clone().unwrap_or_default();
    let Page { items, position } = page(all(), place, input.position.as_deref(), input.limit)?;
    Ok(SdkTypes { position, items: Some(items) })
}

fn get_sdk_type(_: &mut Call<'_, '_>, input: &GetSdkTypeRequest) -> Outcome<SdkType> {
    let found = all().into_iter().find(|of| of.id.as_ref() == Some(&input.id));
    // The text is not recorded.
    found.ok_or_else(|| not_found("Invalid SDK type identifier specified"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::test_frame::{Frame, not_found, text};
    use super::*;

    #[test]
    fn types_are_listed_in_pages() {
        let frame = Frame::new();
        let ids = |answer: &Value| {
            answer["items"].as_array().unwrap().iter().map(|of| text(of, "id")).collect::<Vec<_>>()
        };
        let first = frame.ok(get_sdk_types, json!({"limit": 4}));
        assert_eq!(ids(&first), ["android", "java", "javascript", "objectivec"]);
        let rest = frame.ok(get_sdk_types, json!({"position": first["position"]}));
        assert_eq!((ids(&rest), &rest["position"]), (vec!["ruby".into(), "swift".into()], &Value::Null));
    }

    #[test]
    fn a_type_says_what_it_has_to_be_told() {
        let frame = Frame::new();
        let java = frame.ok(get_sdk_type, json!({"id": "java"}));
        assert_eq!(java["friendlyName"], "Java");
        assert_eq!(
            java["configurationProperties"][1],
            json!({
                "name": "java.package-name", "friendlyName": "Java Package Name", "required": true,
                "description": "Name of the Java package your code will be generated under",
            })
        );
        assert_eq!(frame.ok(get_sdk_type, json!({"id": "javascript"}))["configurationProperties"], json!([]));
        assert_eq!(
            frame.refused(get_sdk_type, json!({"id": "cobol"})),
            not_found("Invalid SDK type identifier specified")
        );
    }
}
