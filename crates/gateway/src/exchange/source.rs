//! Where a request comes from.

use std::fmt;
use std::net::IpAddr;

use ports::test_invoke::TestCaller;

/// What stands where a tested request has no address (recorded from AWS, as the four below).
const TEST_SOURCE_IP: &str = "test-invoke-source-ip";

/// `identity.apiKey` of a tested request.
pub const TEST_API_KEY: &str = "test-invoke-api-key";

/// `identity.apiKeyId` of a tested request.
pub const TEST_API_KEY_ID: &str = "test-invoke-api-key-id";

/// The stage that a tested request is sent to.
pub const TEST_STAGE: &str = "test-invoke-stage";

/// The domain that a tested request names.
pub const TEST_DOMAIN: &str = "testPrefix.testDomainName";

/// Where a request comes from. It prints as `$context.identity.sourceIp`.
#[derive(Clone, Debug)]
pub enum Source {
    /// The address at the other end of a socket.
    Network(IpAddr),
    /// A call of `TestInvokeMethod` or `TestInvokeAuthorizer`.
    Test(Box<TestCaller>),
}

impl Source {
    /// The one who tests, if it is a test.
    #[must_use]
    pub fn tester(&self) -> Option<&TestCaller> {
        match self {
            Self::Network(_) => None,
            Self::Test(caller) => Some(caller),
        }
    }
}

impl Source {
    /// Appends what it prints as. Nearly every access log has it, so it takes no formatter.
    pub(crate) fn write(&self, out: &mut String) {
        match self {
            Self::Network(IpAddr::V4(address)) => {
                for (number, octet) in address.octets().into_iter().enumerate() {
                    if number > 0 {
                        out.push('.');
                    }
                    out.push_str(itoa::Buffer::new().format(octet));
                }
            }
            Self::Network(IpAddr::V6(_)) | Self::Test(_) => {
                use fmt::Write as _;
                // Writing to a String cannot fail.
                let _ = write!(out, "{self}");
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(address) => address.fmt(f),
            Self::Test(_) => f.write_str(TEST_SOURCE_IP),
        }
    }
}
