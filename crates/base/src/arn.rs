//! Amazon Resource Names: `arn:partition:service:region:account:resource`.

use std::fmt;

/// An ARN's six parts. The last, `resource`, keeps its own colons and slashes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Arn {
    /// `aws`, `aws-cn`, …
    pub partition: String,
    /// `lambda`, `execute-api`, …
    pub service: String,
    /// The region; empty for global services.
    pub region: String,
    /// The 12-digit account; empty where the service leaves it out.
    pub account: String,
    /// Everything behind the fifth colon.
    pub resource: String,
}

/// The text is not an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an ARN has six parts that are separated by colons and starts with \"arn\"")]
pub struct ArnError;

impl Arn {
    /// An ARN of the `aws` partition.
    pub fn aws(service: &str, region: &str, account: &str, resource: impl Into<String>) -> Self {
        Self {
            partition: "aws".into(),
            service: service.into(),
            region: region.into(),
            account: account.into(),
            resource: resource.into(),
        }
    }
}

impl std::str::FromStr for Arn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().map(str::to_owned).ok_or(ArnError);
        if next()? != "arn" {
            return Err(ArnError);
        }
        let arn = Self {
            partition: next()?,
            service: next()?,
            region: next()?,
            account: next()?,
            resource: next()?,
        };
        if arn.partition.is_empty() || arn.service.is_empty() || arn.resource.is_empty() {
            return Err(ArnError);
        }
        Ok(arn)
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_the_six_parts() {
        let text = "arn:aws:lambda:us-west-2:000000000000:function:orders:live";
        let arn: Arn = text.parse().unwrap();
        assert_eq!(arn.resource, "function:orders:live");
        assert_eq!(arn.to_string(), text);
        assert_eq!(arn, Arn::aws("lambda", "us-west-2", "000000000000", "function:orders:live"));
    }

    #[test]
    fn refuses_what_is_not_an_arn() {
        for text in ["", "arn", "arn:aws:s3", "urn:aws:s3:::bucket", "arn:aws:s3:::", "arn::s3:::bucket"] {
            assert_eq!(text.parse::<Arn>(), Err(ArnError), "{text}");
        }
    }
}
