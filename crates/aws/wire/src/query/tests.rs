use serde_json::{Value, json};

use crate::testing::{body, found, request};
use crate::{ServiceError, decode, encode, encode_error};

const FORM: [(&str, &str); 1] = [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")];

fn decoded(scope: &str, form: &str) -> Result<Value, ServiceError> {
    let request = request("POST", "/", &FORM, form);
    decode(&found(&request, scope), &request)
}

// The forms are those that botocore 1.43.11 sends.
#[test]
fn a_flat_form_becomes_a_tree() {
    let form = "Action=CreateRole&Version=2010-05-08&RoleName=r\
                &AssumeRolePolicyDocument=%7B%22Version%22%3A%222012-10-17%22%7D\
                &Tags.member.1.Key=team&Tags.member.1.Value=a+b&Tags.member.2.Key=x&Tags.member.2.Value=";
    assert_eq!(
        decoded("iam", form).unwrap(),
        json!({
            "RoleName": "r",
            "AssumeRolePolicyDocument": "{\"Version\":\"2012-10-17\"}",
            "Tags": [{"Key": "team", "Value": "a b"}, {"Key": "x", "Value": ""}],
        })
    );
    let form = "Action=CreateUser&Version=2010-05-08&UserName=u&Tags=";
    assert_eq!(decoded("iam", form).unwrap(), json!({"UserName": "u", "Tags": []}));
}

#[test]
fn elements_come_in_the_order_of_their_numbers() {
    let form = "Action=UntagRole&RoleName=r&TagKeys.member.10=c&TagKeys.member.2=b&TagKeys.member.1=a&TagKeys.member.x=d";
    assert_eq!(decoded("iam", form).unwrap(), json!({"RoleName": "r", "TagKeys": ["a", "b", "c"]}));
}

#[test]
fn parameters_have_their_types() {
    let form =
        |seconds: &str| format!("Action=AssumeRole&RoleArn=a&RoleSessionName=s&DurationSeconds={seconds}");
    let value = decoded("sts", &form("900")).unwrap();
    assert_eq!(value, json!({"RoleArn": "a", "RoleSessionName": "s", "DurationSeconds": 900}));
    let error = decoded("sts", &form("long")).unwrap_err();
    assert_eq!(error.message(), Some("class java.lang.String can not be converted to an Integer"));
    assert_eq!(error.code(Some(&api::sts::SERVICE)), "MalformedInput");
}

#[test]
fn parameters_may_stand_in_the_query_string() {
    let request = request("GET", "/?Action=GetUser&Version=2010-05-08&UserName=u", &[], "");
    assert_eq!(decode(&found(&request, "iam"), &request).unwrap(), json!({"UserName": "u"}));
}

#[test]
fn depth_and_number_of_parts_are_bounded() {
    let deep = format!("Action=GetUser&{}=x", vec!["a"; 65].join("."));
    assert_eq!(
        decoded("iam", &deep).unwrap_err().message(),
        Some("The form holds too many or too deep parameters")
    );
    let deep = format!("Action=GetUser&{}=x", vec!["a"; 64].join("."));
    assert!(decoded("iam", &deep).is_ok());
    let wide: String = (0..crate::limits::VALUES).map(|n| format!("&{n}")).collect();
    assert!(decoded("iam", &format!("Action=GetUser{wide}")).is_err());
}

#[test]
fn results_are_xml() {
    let operation = <api::iam::operations::CreateRole as api::Operation>::TABLE;
    let output = json!({"Role": {
        "Path": "/", "RoleName": "r", "RoleId": "AROA", "Arn": "arn:aws:iam::000000000000:role/r",
        "CreateDate": 1_795_421_083_000_i64, "AssumeRolePolicyDocument": "%7B%7D", "MaxSessionDuration": 3600,
        "Tags": [{"Key": "a&b", "Value": "<c>"}], "Description": null,
    }});
    let response = encode(operation, output, "r-1");
    assert_eq!(response.headers()["content-type"], "text/xml");
    assert_eq!(response.headers()["x-amzn-requestid"], "r-1");
    assert_eq!(
        body(&response),
        "<CreateRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><CreateRoleResult><Role>\
         <Path>/</Path><RoleName>r</RoleName><RoleId>AROA</RoleId><Arn>arn:aws:iam::000000000000:role/r</Arn>\
         <CreateDate>2026-11-23T08:04:43Z</CreateDate><AssumeRolePolicyDocument>%7B%7D</AssumeRolePolicyDocument>\
         <MaxSessionDuration>3600</MaxSessionDuration>\
         <Tags><member><Key>a&amp;b</Key><Value>&lt;c&gt;</Value></member></Tags></Role></CreateRoleResult>\
         <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></CreateRoleResponse>"
    );

    let operation = <api::iam::operations::DeleteRole as api::Operation>::TABLE;
    assert_eq!(
        body(&encode(operation, json!({}), "r-1")),
        "<DeleteRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
         <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></DeleteRoleResponse>"
    );
}

#[test]
fn errors_are_xml_with_the_code_of_the_model() {
    let table = &api::iam::errors::NO_SUCH_ENTITY_EXCEPTION;
    let error = ServiceError::new(table, "The role with name <r> cannot be found.");
    let response = encode_error(Some(&api::iam::SERVICE), &error, "r-1");
    assert_eq!(response.status(), 404);
    assert_eq!(
        body(&response),
        "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>\
         <Code>NoSuchEntity</Code><Message>The role with name &lt;r&gt; cannot be found.</Message></Error>\
         <RequestId>r-1</RequestId></ErrorResponse>"
    );
}

#[test]
fn common_errors_have_the_codes_of_the_query_api() {
    for (error, code, status) in [
        (ServiceError::unrecognized_client(), "InvalidClientTokenId", 403),
        (ServiceError::invalid_signature("s"), "SignatureDoesNotMatch", 403),
        (ServiceError::validation("v"), "ValidationError", 400),
        (ServiceError::internal_failure(), "InternalFailure", 500),
    ] {
        assert_eq!(error.code(Some(&api::sts::SERVICE)), code);
        assert_eq!(error.status(Some(&api::sts::SERVICE)), status);
    }
}
