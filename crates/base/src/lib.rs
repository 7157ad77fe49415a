//! The ground floor: identifiers, ARNs, time, randomness, and the scope (account and
//! region) that every stored thing belongs to. No IO beyond reading the clock and the
//! system's random source, and no knowledge of AWS services.

mod arn;
mod clock;
mod day;
pub mod ids;
mod random;
mod scope;
mod secret;
mod turns;

pub use arn::{Arn, ArnError};
pub use clock::{Clock, Timestamp};
pub use day::Day;
pub use random::Random;
pub use scope::{GLOBAL_REGION, Scope};
pub use secret::Secret;
pub use turns::give_way;
