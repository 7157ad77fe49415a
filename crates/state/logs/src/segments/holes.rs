//! Space that removed chunks give back to the file system.

use std::collections::BTreeMap;

use super::{Folder, Place};

/// Parts of files, by segment: offset and length in bytes.
type Parts = BTreeMap<i64, Vec<(u64, u64)>>;

/// Gives back what is in these places. Where the file system cannot, it stays until the whole segment goes.
pub(super) fn punch(folder: &Folder, places: Vec<Place>) {
    for (segment, parts) in joined(places) {
        let Ok(file) = folder.edit(segment) else { continue };
        for (offset, length) in parts {
            #[cfg(target_os = "linux")]
            {
                use rustix::fs::FallocateFlags;
                let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
                if rustix::fs::fallocate(&file, flags, offset, length).is_err() {
                    return;
                }
            }
            #[cfg(not(target_os = "linux"))]
            let _ = (&file, offset, length);
        }
    }
}

/// What lies side by side becomes one hole: only whole blocks are given back, and more of them are whole then.
fn joined(mut places: Vec<Place>) -> Parts {
    places.sort_unstable();
    let mut all = Parts::new();
    for place in places {
        let parts = all.entry(place.segment).or_default();
        let length = u64::try_from(place.length).unwrap_or(0);
        match parts.last_mut() {
            Some((offset, before)) if offset.checked_add(*before) == Some(place.offset) => *before += length,
            _ => parts.push((place.offset, length)),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_become_one_hole() {
        let place = |segment, offset, length| Place { segment, offset, length, checksum: 0 };
        let places = vec![place(1, 500, 100), place(2, 600, 5), place(1, 0, 10), place(1, 600, 7)];
        let expected = Parts::from([(1, vec![(0, 10), (500, 107)]), (2, vec![(600, 5)])]);
        assert_eq!(joined(places), expected);
    }
}
