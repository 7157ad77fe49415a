//! Templates of the API Gateway developer guide, as they stand there.

use super::{prints, rendered};

/// "Parameter mapping template example": all parameters into the payload.
#[test]
fn all_parameters_are_passed() {
    let template = r##"#set($allParams = $input.params())
{
  "params" : {
    #foreach($type in $allParams.keySet())
    #set($params = $allParams.get($type))
    "$type" : {
      #foreach($paramName in $params.keySet())
      "$paramName" : "$util.escapeJavaScript($params.get($paramName))"
      #if($foreach.hasNext),#end
      #end
    }
    #if($foreach.hasNext),#end
    #end
  }
}"##;
    let out = rendered(template, "").unwrap().replace("\\'", "'");
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        json,
        serde_json::json!({"params": {
            "path": {"petId": "7"},
            "querystring": {"type": "dog"},
            "header": {"Host": "localhost", "X-Owner": "it's me"}
        }})
    );
}

/// "Example request and response using `$input`".
#[test]
fn a_payload_is_counted_and_passed() {
    prints(
        r#"{"things": {"1": {}, "2": {}, "3": {}}}"#,
        &[(
            "{\n    \"id\" : \"$input.params('petId')\",\n    \"count\" : \"$input.path('$.things').size()\",\n    \
             \"things\" : $input.json('$.things')\n}",
            "{\n    \"id\" : \"7\",\n    \"count\" : \"3\",\n    \"things\" : {\"1\":{},\"2\":{},\"3\":{}}\n}",
        )],
    );
}

/// "Mapping template example: photos": a list becomes another, comma by comma.
#[test]
fn a_list_becomes_another() {
    let template = r##"#set($inputRoot = $input.path('$'))
{
  "photos": [
#foreach($elem in $inputRoot.photos.photo)
    {
      "id": "$elem.id",
      "title": "$elem.title",
      "ispublic": $elem.ispublic
    }#if($foreach.hasNext),#end

#end
  ]
}"##;
    let body = r#"{"photos": {"page": 1, "photo": [
        {"id": "1", "title": "one", "ispublic": 1}, {"id": "2", "title": "two", "ispublic": 0}]}}"#;
    prints(
        body,
        &[(
            template,
            "{\n  \"photos\": [\n    {\n      \"id\": \"1\",\n      \"title\": \"one\",\n      \"ispublic\": 1\n    },\n    \
             {\n      \"id\": \"2\",\n      \"title\": \"two\",\n      \"ispublic\": 0\n    }\n  ]\n}",
        )],
    );
}

/// "Tutorial: Override an API's response status code".
#[test]
fn an_error_in_the_answer_is_found() {
    let template = "#set($inputRoot = $input.path('$'))\n$input.json(\"$\")\n\
                    #if($inputRoot.toString().contains(\"error\"))\n\
                    #set($context.responseOverride.status = 400)\n#end\n";
    prints("{\"errors\": []}", &[(template, "{\"errors\":[]}\n")]);
}
