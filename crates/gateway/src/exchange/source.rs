//! Where a request comes from.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderValue;
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

/// The two ends of a connection, as what comes by it tells of them: in logs, and to backends. Written down once for
/// all its requests.
#[derive(Debug)]
pub struct Ends {
    address: Box<str>,
    address_value: HeaderValue,
    local_port: u16,
    local_port_value: HeaderValue,
}

impl Ends {
    /// Of a connection from `address` to `local_port`. An IPv4 address in IPv6's form is told as what it is.
    #[must_use]
    pub fn new(address: IpAddr, local_port: u16) -> Self {
        let address: Box<str> = address.to_canonical().to_string().into();
        // Addresses and numbers are header values.
        let address_value = HeaderValue::from_str(&address).unwrap_or(const { HeaderValue::from_static("") });
        Self { address, address_value, local_port, local_port_value: local_port.into() }
    }

    /// The address of the other end.
    #[must_use]
    pub const fn address(&self) -> &HeaderValue {
        &self.address_value
    }

    /// The port of this end.
    #[must_use]
    pub const fn local_port(&self) -> u16 {
        self.local_port
    }

    /// The same as text.
    #[must_use]
    pub const fn local_port_value(&self) -> &HeaderValue {
        &self.local_port_value
    }
}

/// Where a request comes from. It prints as `$context.identity.sourceIp`.
#[derive(Clone, Debug)]
pub enum Source {
    /// The other end of a connection.
    Network(Arc<Ends>),
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
    /// What it prints as.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Network(ends) => &ends.address,
            Self::Test(_) => TEST_SOURCE_IP,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
