//! `/restapis/{id}/stages/{name}/sdks`: clients of what a stage serves. How they look is the
//! business of the crate `sdk`.

use ::sdk::{Api, JavaSettings, SdkFault};
use api::apigateway::operations as op;
use api::apigateway::{GetSdkRequest, SdkResponse};
use wire::ServiceError;

use super::super::refusals::bad_request;
use super::super::sdk_types;
use super::deployed::{self, Deployed};
use crate::{Call, Failure, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry.read(op::GetSdk, get_sdk);
}

/// A type that there is a generator for, with what it was told.
enum Generator {
    JavaScript,
    Java(JavaSettings),
}

fn get_sdk(call: &mut Call<'_, '_>, input: &GetSdkRequest) -> Outcome<SdkResponse> {
    let generator = generator(input)?;
    let Deployed { stage, definition, since, .. } =
        deployed::read(call, &input.rest_api_id, &input.stage_name)?;
    let region = call.scope().region();
    let host = deployed::host(&input.rest_api_id, region);
    let name = stage.stage_name.as_deref().unwrap_or_default();
    let api = Api { definition: &definition, invoke_url: &format!("https://{host}/{name}"), region };
    let archive = match &generator {
        Generator::JavaScript => ::sdk::javascript(&api),
        Generator::Java(settings) => ::sdk::java(&api, settings),
    };
    let kind = &input.sdk_type;
    // The moment is that of the deployment, so that the same client has the same name.
    let moment = since.format("%Y-%m-%d_%H-%MZ");
    Ok(SdkResponse {
        // Both as in the AWS CLI's examples.
        content_type: Some("application/octet-stream".to_owned()),
        content_disposition: Some(format!("attachment; filename=\"{kind}_{moment}.zip\"")),
        body: Some(archive.map_err(failure)?.into()),
    })
}

/// The texts are not recorded.
fn generator(input: &GetSdkRequest) -> Outcome<Generator> {
    match input.sdk_type.as_str() {
        "javascript" => Ok(Generator::JavaScript),
        "java" => {
            let get = |name: &str| input.parameters.as_ref()?.get(name).map(String::as_str);
            let settings = JavaSettings::read(get).map_err(|fault| bad_request(fault.to_string()))?;
            Ok(Generator::Java(settings))
        }
        known if sdk_types::is_type(known) => Err(bad_request(format!(
            "SDKs of type {known} are not built yet. Must be one of: [java, javascript]"
        ))),
        unknown => Err(bad_request(format!("Invalid SDK type specified: {unknown}"))),
    }
}

fn failure(fault: SdkFault) -> Failure {
    tracing::error!(%fault, "a client could not be made");
    Failure::Service(ServiceError::internal_failure())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, bad_request, not_found, text, with};
    use super::*;

    fn deployed(frame: &Frame) -> String {
        let (api, _) = frame.deployable();
        let input = json!({"restApiId": api, "stageName": "dev"});
        frame.ok(super::super::deployments::create_deployment, input);
        api
    }

    fn input(api: &str, kind: &str, parameters: Value) -> Value {
        json!({"restApiId": api, "stageName": "dev", "sdkType": kind, "parameters": parameters})
    }

    /// Type and name are as in the AWS CLI's examples.
    #[test]
    fn an_sdk_is_an_archive_and_always_the_same() {
        let frame = Frame::new();
        let api = deployed(&frame);
        let java = json!({"serviceName": "Pets", "javaPackageName": "com.example.pets"});
        for (kind, parameters) in [("javascript", json!({})), ("java", java)] {
            let answer = frame.ok(get_sdk, input(&api, kind, parameters.clone()));
            assert_eq!(answer["contentType"], "application/octet-stream");
            let name = format!("attachment; filename=\"{kind}_2026-11-23_08-04Z.zip\"");
            assert_eq!(text(&answer, "contentDisposition"), name);
            assert!(STANDARD.decode(text(&answer, "body")).unwrap().starts_with(b"PK\x03\x04"));
            assert_eq!(frame.ok(get_sdk, input(&api, kind, parameters)), answer);
        }
    }

    /// Not recorded but for the unknown API and stage.
    #[test]
    fn what_cannot_be_made_is_refused() {
        let frame = Frame::new();
        let api = deployed(&frame);
        let refused = |kind: &str, parameters: Value| frame.refused(get_sdk, input(&api, kind, parameters));
        assert_eq!(refused("cobol", json!({})), bad_request("Invalid SDK type specified: cobol"));
        for kind in ["android", "objectivec", "ruby", "swift"] {
            let text = format!("SDKs of type {kind} are not built yet. Must be one of: [java, javascript]");
            assert_eq!(refused(kind, json!({})), bad_request(&text));
        }
        assert_eq!(refused("java", json!({})), bad_request("Missing required parameter: service.name"));
        let parameters = json!({"service.name": "Pets"});
        assert_eq!(
            refused("java", parameters.clone()),
            bad_request("Missing required parameter: java.package-name")
        );
        assert_eq!(
            refused("java", with(parameters, json!({"java.package-name": "a-b"}))),
            bad_request("Invalid java.package-name specified: a-b")
        );
        let at = |more: Value| frame.refused(get_sdk, with(input(&api, "javascript", json!({})), more));
        assert_eq!(at(json!({"stageName": "nope"})), not_found("Invalid stage identifier specified"));
        assert_eq!(
            at(json!({"restApiId": "nope"})),
            not_found("Invalid API identifier specified 000000000000:nope")
        );
    }
}
