//! What is stored: documents (a serialisable type with a collection's name) and blobs
//! (bytes named by their digest).

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Key, StoreFault};

/// A type whose values are stored as JSON documents of one collection.
pub trait Document: Serialize + DeserializeOwned {
    /// The collection's name, `service/nouns`: `apigateway/restapis`. Part of the stored
    /// format.
    const COLLECTION: &'static str;
}

/// Some documents of a longer list, in key order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<D> {
    /// The documents of this page.
    pub items: Vec<(Key, D)>,
    /// If there are more: the last key of this page, to be handed in as `after`.
    pub next: Option<Key>,
}

/// A blob's name: the SHA-256 of its bytes, as 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlobId(String);

impl BlobId {
    /// The name of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
        Self(digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    pub(crate) fn stored(id: String) -> Self {
        Self(id)
    }

    /// The 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(crate) fn encode<D: Document>(document: &D) -> Result<String, StoreFault> {
    encode_in(D::COLLECTION, document)
}

pub(crate) fn encode_in(collection: &'static str, value: &impl Serialize) -> Result<String, StoreFault> {
    let body = serde_json::to_string(value)
        .map_err(|error| StoreFault::Unencodable { collection, reason: error.to_string() })?;
    check_size(collection, &body)?;
    Ok(body)
}

pub(crate) fn check_size(collection: &'static str, body: &str) -> Result<(), StoreFault> {
    let limit = crate::MAXIMUM_DOCUMENT_BYTES;
    if body.len() > limit {
        return Err(StoreFault::DocumentTooLarge { collection, size: body.len(), limit });
    }
    Ok(())
}

pub(crate) fn decode<D: Document>(key: &Key, body: &str) -> Result<D, StoreFault> {
    serde_json::from_str(body).map_err(|error| StoreFault::Undecodable {
        collection: D::COLLECTION,
        key: key.to_string(),
        reason: error.to_string(),
    })
}

pub(crate) fn stored_key<D: Document>(key: &Key) -> Result<String, StoreFault> {
    stored_key_in(D::COLLECTION, key)
}

pub(crate) fn stored_key_in(collection: &'static str, key: &Key) -> Result<String, StoreFault> {
    let text = key.encode();
    let limit = crate::MAXIMUM_KEY_BYTES;
    if text.len() > limit {
        return Err(StoreFault::KeyTooLong { collection, size: text.len(), limit });
    }
    Ok(text)
}

pub(crate) fn read_key<D: Document>(text: &str) -> Result<Key, StoreFault> {
    read_key_in(D::COLLECTION, text)
}

pub(crate) fn read_key_in(collection: &str, text: &str) -> Result<Key, StoreFault> {
    Key::decode(text)
        .ok_or_else(|| StoreFault::Corrupted { reason: format!("{text:?} of {collection} is not a key") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_is_named_by_its_sha_256() {
        assert_eq!(
            BlobId::of(b"abc").as_str(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
