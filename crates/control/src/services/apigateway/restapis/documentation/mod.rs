//! `/restapis/{id}/documentation`: what is written about an API. Where a part may belong is in
//! `locations`.

pub(super) mod import;
mod locations;
pub(super) mod parts;
mod undocumented;
pub(super) mod versions;

use crate::Registry;

pub(super) fn register(registry: &mut Registry) {
    import::register(registry);
    parts::register(registry);
    versions::register(registry);
}
