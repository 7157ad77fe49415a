use serde_json::{Value, json};

use crate::testing::{body, found, request};
use crate::{ServiceError, decode, encode, encode_error};

const FORM: [(&str, &str); 1] = [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")];

fn decoded(form: &str) -> Value {
    let request = request("POST", "/", &FORM, form);
    decode(&found(&request, "ec2"), &request).unwrap()
}

// The forms are those that botocore 1.43.11 sends.
#[test]
fn members_begin_with_a_capital_and_lists_have_no_name_of_their_own() {
    let form = "Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0%2F16&AmazonProvidedIpv6CidrBlock=false\
                &TagSpecification.1.ResourceType=vpc&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b";
    assert_eq!(
        decoded(form),
        json!({
            "CidrBlock": "10.0.0.0/16",
            "AmazonProvidedIpv6CidrBlock": false,
            "TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": "b"}]}],
        })
    );
    let form = "Action=DescribeVpcs&Version=2016-11-15&VpcId.1=vpc-1&VpcId.2=vpc-2&Filter.1.Name=cidr&Filter.1.Value.1=x";
    assert_eq!(
        decoded(form),
        json!({"VpcIds": ["vpc-1", "vpc-2"], "Filters": [{"Name": "cidr", "Values": ["x"]}]})
    );
}

#[test]
fn results_have_no_wrapper() {
    let operation = <api::ec2::operations::DescribeVpcs as api::Operation>::TABLE;
    let output =
        json!({"Vpcs": [{"VpcId": "vpc-1", "IsDefault": false, "Tags": [{"Key": "a", "Value": "<b>"}]}]});
    let response = encode(operation, output, "r-1");
    assert_eq!(response.headers()["content-type"], "text/xml");
    assert_eq!(
        body(&response),
        "<DescribeVpcsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r-1</requestId><vpcSet>\
         <item><isDefault>false</isDefault><tagSet><item><key>a</key><value>&lt;b&gt;</value></item></tagSet>\
         <vpcId>vpc-1</vpcId></item></vpcSet></DescribeVpcsResponse>"
    );
    let operation = <api::ec2::operations::DeleteVpc as api::Operation>::TABLE;
    assert_eq!(
        body(&encode(operation, json!({}), "r-1")),
        "<DeleteVpcResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r-1</requestId>\
         <return>true</return></DeleteVpcResponse>"
    );
}

/// EC2 API reference, "Error codes for the Amazon EC2 API".
#[test]
fn errors_have_a_frame_of_their_own() {
    let error = ServiceError::access_denied("no <entry>");
    let response = encode_error(Some(&api::ec2::SERVICE), &error, "r-1");
    assert_eq!(response.status(), 403);
    assert_eq!(
        body(&response),
        "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no &lt;entry&gt;</Message></Error>\
         </Errors><RequestID>r-1</RequestID></Response>"
    );
    let unknown = ServiceError::unrecognized_client();
    let service = Some(&api::ec2::SERVICE);
    assert_eq!((&*unknown.code(service), unknown.status(service)), ("AuthFailure", 401));
}
