//! `$util` (API Gateway developer guide, "`$util` variables").

use super::{prints, rendered};

#[test]
fn texts_are_escaped_encoded_and_parsed() {
    prints(
        r#"{"errorMessage": "{\"key1\":\"var1\",\"key2\":{\"arr\":[1,2,3]}}"}"#,
        &[
            // The developer guide's example.
            (
                "#set ($errorMessageObj = $util.parseJson($input.path('$.errorMessage')))\n\
                 {\n   \"errorMessageObjKey2ArrVal\" : $errorMessageObj.key2.arr[0]\n}",
                "{\n   \"errorMessageObjKey2ArrVal\" : 1\n}",
            ),
            ("$util.escapeJavaScript(\"it's\")", "it\\'s"),
            ("$util.escapeJavaScript(\"it's\").replaceAll(\"\\\\'\",\"'\")", "it's"),
            ("$util.escapeJavaScript($input.json('$.errorMessage').substring(0, 4))", "\\\"{\\\\\\\""),
            ("$util.urlEncode('a b&c=ä*~')", "a+b%26c%3D%C3%A4*%7E"),
            ("$util.urlDecode('a+b%26%C3%A4')", "a b&ä"),
            ("$util.base64Encode('hällo')", "aMOkbGxv"),
            ("$util.base64Decode('aMOkbGxv')", "hällo"),
            ("$util.base64Decode('aA')", "h"),
            ("$util.base64Encode(12)", "MTI="),
            ("[$util.urlEncode($missing)][$util.nothing('x')]", "[][]"),
        ],
    );
}

#[test]
fn what_cannot_be_decoded_fails() {
    for template in ["$util.base64Decode('***')", "$util.parseJson('{')"] {
        assert!(rendered(template, "").is_err(), "{template}");
    }
}
