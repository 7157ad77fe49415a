//! The credential scope: the claim in a signature that says which key signed, on which day,
//! for which region and service.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::ALGORITHM;
use crate::authorization::{header_parameters, query_parameter};
use crate::error::{Missing, SignatureError};

/// What a signature ends its scope with.
pub(crate) const TERMINATOR: &str = "aws4_request";

/// `AKIDEXAMPLE/20261123/us-east-1/apigateway/aws4_request`: a claim until the signature is
/// verified.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CredentialScope {
    /// The key that signed.
    pub access_key_id: String,
    /// The day, `20261123`.
    pub date: String,
    /// `us-east-1`
    pub region: String,
    /// The service's signing name: `apigateway`, `execute-api`, `lambda`, …
    pub service: String,
    terminator: String,
}

impl CredentialScope {
    /// The scope of a signature made by `access_key_id` on the day `date` (`20261123`).
    pub(crate) fn new(access_key_id: &str, date: &str, region: &str, service: &str) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            date: date.into(),
            region: region.into(),
            service: service.into(),
            terminator: TERMINATOR.into(),
        }
    }

    /// Reads `keyid/date/region/service/aws4_request`.
    ///
    /// # Errors
    /// If there are not exactly five parts, or one is empty.
    pub(crate) fn parse(credential: &str) -> Result<Self, SignatureError> {
        let malformed = || SignatureError::MalformedCredential { credential: credential.into() };
        let mut parts = credential.split('/');
        let mut next =
            || parts.next().filter(|part| !part.is_empty()).map(str::to_owned).ok_or_else(malformed);
        let scope = Self {
            access_key_id: next()?,
            date: next()?,
            region: next()?,
            service: next()?,
            terminator: next()?,
        };
        if parts.next().is_some() { Err(malformed()) } else { Ok(scope) }
    }

    /// Holds the scope against where the request went: whoever serves one region, or one
    /// service, must call this, for a signature made for another is valid in itself.
    ///
    /// # Errors
    /// [`SignatureError::WrongScope`] with AWS's sentences.
    pub fn require(&self, region: &str, service: &str) -> Result<(), SignatureError> {
        let mut reasons = Vec::new();
        if self.region != region {
            reasons.push(format!("Credential should be scoped to a valid region, not '{}'. ", self.region));
        }
        if self.service != service {
            reasons.push(format!("Credential should be scoped to correct service: '{service}'. "));
        }
        wrong_scope(&reasons)
    }

    /// Whether the scope ends as all do and is of the day on which the request was signed,
    /// `timestamp` being that moment in the basic format.
    pub(crate) fn check_terms(&self, timestamp: &str) -> Result<(), SignatureError> {
        let mut reasons = Vec::new();
        if self.terminator != TERMINATOR {
            let found = &self.terminator;
            reasons.push(format!(
                "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{found}'. "
            ));
        }
        let day = timestamp.get(..8).unwrap_or_default();
        if self.date != day {
            reasons.push(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
                 '{}' != '{day}', from '{timestamp}'.",
                self.date
            ));
        }
        wrong_scope(&reasons)
    }

    /// `20261123/us-east-1/apigateway/aws4_request`
    pub(crate) fn without_key(&self) -> String {
        format!("{}/{}/{}/{TERMINATOR}", self.date, self.region, self.service)
    }
}

fn wrong_scope(reasons: &[String]) -> Result<(), SignatureError> {
    if reasons.is_empty() {
        return Ok(());
    }
    Err(SignatureError::WrongScope { reasons: reasons.concat().trim_end().to_owned() })
}

/// The credential scope that a request claims, in its `Authorization` header or else in its
/// query; `None` if it is not signed. Nothing is verified: this is for finding out whom a
/// request is for, cheaply.
///
/// An `Authorization` header of another scheme (`Bearer`, `Basic`) is no claim.
///
/// # Errors
/// If the request says that it is signed and the credential is missing or malformed, or the
/// algorithm is another one.
pub fn credential_scope(
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<Option<CredentialScope>, SignatureError> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(header) = header.filter(|header| header.starts_with("AWS4-")) {
        let parameters = header_parameters(header)?;
        if parameters.algorithm != ALGORITHM {
            return Err(SignatureError::UnsupportedAlgorithm { algorithm: parameters.algorithm.into() });
        }
        let credential = parameters.credential.ok_or_else(|| SignatureError::IncompleteHeader {
            missing: vec![Missing::Credential],
            hash: crate::authorization::hashed(header),
        })?;
        return CredentialScope::parse(credential).map(Some);
    }
    let query = query.unwrap_or_default();
    match query_parameter(query, "X-Amz-Credential") {
        Some(credential) => CredentialScope::parse(&credential).map(Some),
        None if query_parameter(query, "X-Amz-Algorithm").is_some() => {
            Err(SignatureError::IncompleteQuery { missing: vec!["X-Amz-Credential"] })
        }
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(authorization: &str, query: &str) -> Result<Option<CredentialScope>, SignatureError> {
        let mut headers = HeaderMap::new();
        if !authorization.is_empty() {
            headers.insert(AUTHORIZATION, authorization.parse().unwrap());
        }
        credential_scope(&headers, Some(query))
    }

    fn example() -> CredentialScope {
        CredentialScope::new("AKIDEXAMPLE", "20261123", "eu-west-1", "apigateway")
    }

    #[test]
    fn reads_the_claim_of_either_form() {
        let cases = [
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-west-1/apigateway/aws4_request, SignedHeaders=host, Signature=0",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-west-1/apigateway/aws4_request,SignedHeaders=host,Signature=0",
            "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=0,  Credential=AKIDEXAMPLE/20261123/eu-west-1/apigateway/aws4_request",
            // Dispatch needs no more than the credential.
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-west-1/apigateway/aws4_request",
        ];
        for header in cases {
            assert_eq!(read(header, ""), Ok(Some(example())), "{header}");
        }
        let query = "a=b&X-Amz-Credential=AKIDEXAMPLE%2F20261123%2Feu-west-1%2Fapigateway%2Faws4_request";
        assert_eq!(read("", query), Ok(Some(example())));
        assert_eq!(read("Bearer abc", query), Ok(Some(example())));
    }

    #[test]
    fn other_schemes_are_no_claim() {
        for header in
            ["", "Bearer abc", "Basic YTpi", "AWS AKIDEXAMPLE:signature", "aws4-hmac-sha256 Credential=a"]
        {
            assert_eq!(read(header, "X-Amz=1"), Ok(None), "{header}");
        }
        assert_eq!(credential_scope(&HeaderMap::new(), None), Ok(None));
    }

    #[test]
    fn a_broken_claim_is_an_error() {
        let malformed = |text: &str| SignatureError::MalformedCredential { credential: text.into() };
        for credential in ["a", "a/b/c/d", "a/b/c/d/e/f", "/b/c/d/e", "a/b//d/e", "a/b/c/d/", ""] {
            let header = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0");
            let expected = if credential.is_empty() { None } else { Some(malformed(credential)) };
            match expected {
                Some(expected) => assert_eq!(read(&header, ""), Err(expected)),
                None => assert!(matches!(read(&header, ""), Err(SignatureError::IncompleteHeader { .. }))),
            }
        }
        assert!(matches!(read("AWS4-HMAC-SHA256", ""), Err(SignatureError::IncompleteHeader { .. })));
        assert!(matches!(read("AWS4-HMAC-SHA256 Credential", ""), Err(SignatureError::NotKeyValue { .. })));
        assert_eq!(
            read("AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=0", ""),
            Err(SignatureError::UnsupportedAlgorithm { algorithm: "AWS4-ECDSA-P256-SHA256".into() })
        );
        assert_eq!(
            read("", "X-Amz-Algorithm=AWS4-HMAC-SHA256"),
            Err(SignatureError::IncompleteQuery { missing: vec!["X-Amz-Credential"] })
        );
    }

    #[test]
    fn a_scope_is_held_against_where_the_request_went() {
        let text = |region, service| example().require(region, service).map_err(|error| error.to_string());
        assert_eq!(text("eu-west-1", "apigateway"), Ok(()));
        assert_eq!(
            text("us-east-1", "apigateway"),
            Err("Credential should be scoped to a valid region, not 'eu-west-1'.".into())
        );
        assert_eq!(
            text("us-east-1", "execute-api"),
            Err("Credential should be scoped to a valid region, not 'eu-west-1'. \
                 Credential should be scoped to correct service: 'execute-api'."
                .into())
        );
    }

    #[test]
    fn the_terms_of_a_scope_are_those_of_its_day() {
        assert_eq!(example().check_terms("20261123T235959Z"), Ok(()));
        let scope = CredentialScope::parse("AKIDEXAMPLE/20261122/eu-west-1/apigateway/aws5_request").unwrap();
        assert_eq!(
            scope.check_terms("20261123T000000Z").unwrap_err().to_string(),
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. \
             Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
             '20261122' != '20261123', from '20261123T000000Z'."
        );
    }
}
