//! Any text as a token, of any issuer.

use base::Timestamp;
use gateway::http_api::texts::token;

pub(crate) fn run(input: &[u8]) {
    let [given, issuer] = crate::parts(input);
    let _ = token(&given, &issuer, Timestamp::from_millis(1_721_241_291_500));
}
