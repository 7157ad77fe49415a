//! `POST /apikeys?mode=import`: keys from a file (API Gateway developer guide, "API Gateway API
//! key file format").

use api::apigateway::{ApiKey, ApiKeyIds, ImportApiKeysRequest};
use documents::apigateway_keys::ApiKeyDocument;
use indexmap::IndexSet;

use super::super::limits;
use super::super::refusals::bad_request;
use super::super::usage_plans::keys;
use super::{check_room, csv, description, find, holder, listed, name, new, put, put_new, too_many, value};
use crate::{Call, Failure, Outcome};

/// A row of the file, read.
struct Row {
    name: Option<String>,
    value: String,
    description: Option<String>,
    enabled: bool,
    usage_plans: Vec<String>,
}

/// Makes the keys of a file. A key whose value is known already is overwritten and keeps its id.
/// A row that cannot be imported is a warning, or with `failOnWarnings` the end of it all (API
/// Gateway API reference, `ImportApiKeys`).
pub(super) fn import_api_keys(call: &mut Call<'_, '_>, input: &ImportApiKeysRequest) -> Outcome<ApiKeyIds> {
    let strict = input.fail_on_warnings.unwrap_or(false);
    let mut warnings = Vec::new();
    let mut ids = IndexSet::new();
    let table = Table::read(input.body.as_ref())?;
    if table.rows.len() > limits::API_KEYS {
        return Err(too_many());
    }
    for fields in &table.rows {
        let imported = table.row(fields).and_then(|row| import(call, row, &mut warnings));
        match imported {
            Ok(id) => drop(ids.insert(id)),
            Err(Failure::Service(error)) if error.message().is_some() => {
                warnings.extend(error.message().map(str::to_owned));
            }
            Err(failure) => return Err(failure),
        }
        if let Some(warning) = warnings.first().filter(|_| strict) {
            return Err(bad_request(warning.clone()));
        }
    }
    // One look for all of them: what was stored is taken back if there are too many.
    check_room(call, 0)?;
    Ok(ApiKeyIds {
        ids: Some(ids.into_iter().collect()),
        warnings: Some(warnings).filter(|warnings| !warnings.is_empty()),
    })
}

/// Stores one key and adds it to its usage plans.
fn import(call: &mut Call<'_, '_>, row: Row, warnings: &mut Vec<String>) -> Outcome<String> {
    let known = holder(call, &row.value)?;
    let document = match known {
        Some(id) => {
            let ApiKeyDocument { api_key, usage_plans } = find(call, &id)?;
            let api_key = ApiKey {
                name: row.name,
                description: row.description,
                enabled: Some(row.enabled),
                last_updated_date: Some(call.now()),
                ..api_key
            };
            let document = ApiKeyDocument { api_key, usage_plans };
            put(call, &document)?;
            document
        }
        None => {
            let api_key = ApiKey {
                name: row.name,
                value: Some(row.value),
                description: row.description,
                enabled: Some(row.enabled),
                ..new(call)
            };
            put_new(call, &api_key)?
        }
    };
    let id = listed(document.api_key, false).id.unwrap_or_default();
    for plan in &row.usage_plans {
        match keys::add(call, plan, &id) {
            Ok(_) => {}
            Err(Failure::Service(error)) => warnings.extend(error.message().map(str::to_owned)),
            Err(failure) => return Err(failure),
        }
    }
    Ok(id)
}

/// The file: its rows and where in them each column is.
struct Table {
    rows: Vec<Vec<String>>,
    key: usize,
    name: usize,
    description: Option<usize>,
    enabled: Option<usize>,
    usage_plan_ids: Option<usize>,
}

impl Table {
    fn read(bytes: &[u8]) -> Outcome<Self> {
        // Neither text is recorded.
        let text = std::str::from_utf8(bytes).map_err(|_| bad_request("The file is not UTF-8 text."))?;
        let mut rows = csv::rows(text).map_err(|fault| bad_request(fault.to_string()))?;
        let header = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
        let column = |name: &str| header.iter().position(|given| given.eq_ignore_ascii_case(name));
        // The text for `Key` is seen in a report of one of AWS's users.
        let required =
            |name: &str| column(name).ok_or_else(|| bad_request(format!("Missing required column '{name}'")));
        Ok(Self {
            key: required("Key")?,
            name: required("Name")?,
            description: column("Description"),
            enabled: column("Enabled"),
            usage_plan_ids: column("UsagePlanIds"),
            rows,
        })
    }

    /// What a row says. A missing field is an empty one, and an empty `Enabled` is true.
    fn row(&self, fields: &[String]) -> Outcome<Row> {
        let field = |column: usize| fields.get(column).map(String::as_str).unwrap_or_default();
        let optional = |column: Option<usize>| column.map(field).unwrap_or_default();
        let enabled = match optional(self.enabled) {
            "" => true,
            text if text.eq_ignore_ascii_case("true") => true,
            text if text.eq_ignore_ascii_case("false") => false,
            // Not recorded.
            text => return Err(bad_request(format!("Invalid value for column 'Enabled': {text}"))),
        };
        let plans = optional(self.usage_plan_ids).split(',').map(str::trim);
        Ok(Row {
            name: name(Some(field(self.name)))?,
            value: value(field(self.key))?,
            description: description(Some(optional(self.description)))?,
            enabled,
            usage_plans: plans.filter(|plan| !plan.is_empty()).map(str::to_owned).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use api::Blob;
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, bad_request, text};
    use super::super::super::usage_plans::{create_usage_plan, keys::get_usage_plan_keys};
    use super::super::{get_api_key, get_api_keys};
    use super::*;

    fn file(text: &str) -> Value {
        json!({"format": "csv", "body": Blob(text.as_bytes().to_vec().into()).to_base64()})
    }

    fn ids(answer: &Value) -> Vec<String> {
        serde_json::from_value(answer["ids"].clone()).unwrap()
    }

    const VALUE: &str = "apikey1234abcdefghij0123456789";

    /// The examples of the guide.
    #[test]
    fn keys_come_from_the_columns_of_a_file() {
        let frame = Frame::new();
        let plan = text(&frame.ok(create_usage_plan, json!({"name": "a"})), "id");
        let other = text(&frame.ok(create_usage_plan, json!({"name": "b"})), "id");
        let check = |body: &str, expected: Value, plans: &[&String]| {
            let answer = frame.ok(import_api_keys, file(body));
            assert_eq!(answer["warnings"], json!(null), "{body}");
            let [id] = ids(&answer).try_into().unwrap();
            let mut key = frame.ok(get_api_key, json!({"apiKey": id, "includeValue": true}));
            let members = key.as_object_mut().unwrap();
            members.retain(|name, _| ["name", "value", "description", "enabled"].contains(&name.as_str()));
            assert_eq!(key, expected, "{body}");
            for plan in plans {
                let keys = frame.ok(get_usage_plan_keys, json!({"usagePlanId": plan}));
                assert_eq!(keys["items"][0]["id"], json!(id), "{body}");
            }
            id
        };
        let first = check(
            &format!("Key,name\n{VALUE},MyFirstApiKey\n"),
            json!({"name": "MyFirstApiKey", "value": VALUE, "enabled": true}),
            &[],
        );
        // The same value again overwrites.
        let again = check(
            &format!(
                "Name,key,description,Enabled,usageplanIds\nSecond,{VALUE},An imported key,FALSE,{plan}"
            ),
            json!({"name": "Second", "value": VALUE, "description": "An imported key", "enabled": false}),
            &[&plan],
        );
        assert_eq!(first, again);
        check(
            &format!("Enabled, Name,key ,UsageplanIds,x\ntRuE,n,{VALUE}0,\"{plan},{other}\",ignored"),
            json!({"name": "n", "value": format!("{VALUE}0"), "enabled": true}),
            &[&plan, &other],
        );
        assert_eq!(frame.ok(get_api_keys, json!({}))["items"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn a_bad_row_is_a_warning_or_the_end() {
        let frame = Frame::new();
        let body = format!("key,name,enabled,usageplanids\nshort,a,,\n{VALUE},b,maybe,\n{VALUE}1,c,,nope\n");
        let lenient = frame.ok(import_api_keys, file(&body));
        assert_eq!(ids(&lenient).len(), 1);
        assert_eq!(
            lenient["warnings"],
            json!([
                "API Key value should be at least 20 characters",
                "Invalid value for column 'Enabled': maybe",
                "Invalid Usage Plan ID specified",
            ])
        );
        let other = Frame::new();
        let mut strict = file(&format!("key,name,usageplanids\n{VALUE},a,\n{VALUE}1,b,nope"));
        strict["failOnWarnings"] = json!(true);
        assert_eq!(other.refused(import_api_keys, strict), bad_request("Invalid Usage Plan ID specified"));
        assert_eq!(other.ok(get_api_keys, json!({})), json!({"items": []}));
    }

    #[test]
    fn other_files_are_refused() {
        let frame = Frame::new();
        let check = |body: &str, expected: &str| {
            assert_eq!(frame.refused(import_api_keys, file(body)), bad_request(expected), "{body:?}");
        };
        check("", "Missing required column 'Key'");
        check("/tmp/apikey.csv", "Missing required column 'Key'");
        check("Key\n", "Missing required column 'Name'");
        check("key,name\n'x", "Row 2: a quote is not closed.");
        let bytes = json!({"format": "csv", "body": Blob(vec![0xff].into()).to_base64()});
        assert_eq!(frame.refused(import_api_keys, bytes), bad_request("The file is not UTF-8 text."));
        assert_eq!(frame.ok(import_api_keys, file("key,name")), json!({"ids": []}));
    }
}
