//! The two policies of a private domain name: who may invoke it (`policy`), and who may reach it from
//! another account (`managementPolicy`). Unlike an API's they are answered as they were given:
//! terraform, which takes an API's out of its escapes, takes these as they come.

use policy::{Kind, Policy};

use super::super::limits;
use super::super::refusals::bad_request;
use crate::Outcome;

/// Reads a policy. None or an empty text stand for no policy. Texts are those of APIs.
pub(super) fn read(text: Option<&str>) -> Outcome<Option<String>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > limits::POLICY {
        // The text is not recorded.
        return Err(bad_request(format!(
            "Invalid policy document. Resource policies can be at most {} characters long.",
            limits::POLICY
        )));
    }
    let read = Policy::parse(text).and_then(|policy| policy.require(Kind::Resource));
    match read {
        Ok(()) => Ok(Some(text.to_owned())),
        Err(_) => Err(bad_request(
            "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.",
        )),
    }
}
