//! What a closure of `read` or `write` can do: typed documents in, typed documents out.
//! Encoding happens here, once for every engine.

use base::{Scope, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::document::{
    BlobId, Document, Page, check_size, decode, encode, encode_in, read_key, read_key_in, stored_key,
    stored_key_in,
};
use crate::engines::{EngineTransaction, Range};
use crate::{Counter, Field, Key, Made, Place, Record, Sequence, Span, StoreFault, Text};

/// A view of the store at one moment, and, inside `write`, the changes made to it.
pub struct Transaction<'a> {
    engine: &'a mut dyn EngineTransaction,
}

impl<'a> Transaction<'a> {
    pub(crate) fn new(engine: &'a mut dyn EngineTransaction) -> Self {
        Self { engine }
    }

    /// The document at `key`.
    pub fn get<D: Document>(&mut self, scope: &Scope, key: &Key) -> Result<Option<D>, StoreFault> {
        base::give_way();
        let body = self.engine.get(scope, D::COLLECTION, &stored_key::<D>(key)?)?;
        body.map(|body| decode(key, &body)).transpose()
    }

    /// Stores the document at `key`, in place of any that was there.
    pub fn put<D: Document>(&mut self, scope: &Scope, key: &Key, document: &D) -> Result<(), StoreFault> {
        base::give_way();
        let (key, body) = (stored_key::<D>(key)?, encode(document)?);
        base::give_way();
        self.engine.put(scope, D::COLLECTION, &key, &body)
    }

    /// The same, with what has been made of it: a follower of this node that takes the commit at once
    /// ([`Follower::take_at_once`](crate::Follower::take_at_once)) finds it beside the change. It was made in
    /// this transaction, so it is of what the transaction sees.
    pub fn put_made<D: Document>(
        &mut self,
        scope: &Scope,
        key: &Key,
        document: &D,
        made: Made,
    ) -> Result<(), StoreFault> {
        self.put(scope, key, document)?;
        self.engine.attach(made);
        Ok(())
    }

    /// Stores the document that has this text at `key`, in place of any that was there.
    pub fn put_text<D: Document>(
        &mut self,
        scope: &Scope,
        key: &Key,
        text: &Text<D>,
    ) -> Result<(), StoreFault> {
        base::give_way();
        check_size(D::COLLECTION, text.as_str())?;
        self.engine.put(scope, D::COLLECTION, &stored_key::<D>(key)?, text.as_str())
    }

    /// Removes the document at `key`; answers whether there was one.
    pub fn delete<D: Document>(&mut self, scope: &Scope, key: &Key) -> Result<bool, StoreFault> {
        self.engine.delete(scope, D::COLLECTION, &stored_key::<D>(key)?)
    }

    /// All documents whose keys start with `prefix`'s parts (one at `prefix` itself
    /// included), in key order.
    pub fn list<D: Document>(&mut self, scope: &Scope, prefix: &Key) -> Result<Vec<(Key, D)>, StoreFault> {
        self.collect::<D, _>(scope, &all_below::<D>(prefix)?, read)
    }

    /// The same of one field of the documents, without their keys: its values, with their texts. Costs what
    /// [`list`](Self::list) costs and a copy of the texts, if the documents have no other field.
    pub fn list_field<D: Document, T: Serialize + DeserializeOwned>(
        &mut self,
        scope: &Scope,
        prefix: &Key,
        field: &Field<D, T>,
    ) -> Result<Vec<(T, Text<T>)>, StoreFault> {
        self.collect::<D, _>(scope, &all_below::<D>(prefix)?, |key, body| field.read(key, body))
    }

    /// The first `limit` documents of [`list`](Self::list) behind `after` (a key of the
    /// list, which need not exist any more).
    pub fn list_page<D: Document>(
        &mut self,
        scope: &Scope,
        prefix: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page<D>, StoreFault> {
        let range = Range {
            prefix: stored_key::<D>(prefix)?,
            end: prefix.encode_end(),
            after: after.map(stored_key::<D>).transpose()?,
            limit: Some(limit.saturating_add(1)),
        };
        let mut items = self.collect::<D, _>(scope, &range, read)?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|(key, _)| key.clone());
        Ok(Page { items, next })
    }

    /// All documents of a collection in every account and region, by scope and key. For
    /// the start of the data plane and for sweeps, never for an account's own call.
    pub fn list_everywhere<D: Document>(&mut self) -> Result<Vec<(Scope, Key, D)>, StoreFault> {
        let mut found = Vec::new();
        self.engine.list_everywhere(D::COLLECTION, &mut |scope, key, body| {
            let (key, document) = read(key, body)?;
            found.push((scope, key, document));
            Ok(())
        })?;
        Ok(found)
    }

    /// The documents at `key` in every account and region, by scope: an access key's owner,
    /// the account of a custom domain.
    pub fn find_anywhere<D: Document>(&mut self, key: &Key) -> Result<Vec<(Scope, D)>, StoreFault> {
        let mut found = Vec::new();
        self.engine.find_anywhere(D::COLLECTION, &stored_key::<D>(key)?, &mut |scope, body| {
            found.push((scope, decode(key, body)?));
            Ok(())
        })?;
        Ok(found)
    }

    /// Removes all documents whose keys start with `prefix`'s parts; answers how many.
    pub fn delete_prefix<D: Document>(&mut self, scope: &Scope, prefix: &Key) -> Result<usize, StoreFault> {
        self.engine.delete_range(scope, D::COLLECTION, &all_below::<D>(prefix)?)
    }

    /// Adds to the counter at `key`, which is 0 before it is first added to.
    pub fn add<C: Counter>(&mut self, scope: &Scope, key: &Key, amount: u32) -> Result<(), StoreFault> {
        self.engine.add(scope, C::COLLECTION, &stored_key_in(C::COLLECTION, key)?, amount)
    }

    /// The counter at `key`.
    pub fn count<C: Counter>(&mut self, scope: &Scope, key: &Key) -> Result<u64, StoreFault> {
        self.engine.count(scope, C::COLLECTION, &stored_key_in(C::COLLECTION, key)?)
    }

    /// All counters whose keys start with `prefix`'s parts, in key order, without those that
    /// were never added to.
    pub fn counts<C: Counter>(&mut self, scope: &Scope, prefix: &Key) -> Result<Vec<(Key, u64)>, StoreFault> {
        let range = Range {
            prefix: stored_key_in(C::COLLECTION, prefix)?,
            end: prefix.encode_end(),
            after: None,
            limit: None,
        };
        let mut found = Vec::new();
        self.engine.counts(scope, C::COLLECTION, &range, &mut |key, value| {
            found.push((read_key_in(C::COLLECTION, key)?, value));
            Ok(())
        })?;
        Ok(found)
    }

    /// Removes all counters whose keys start with `prefix`'s parts and, if `before` is given,
    /// sort before that key; answers how many.
    pub fn delete_counts<C: Counter>(
        &mut self,
        scope: &Scope,
        prefix: &Key,
        before: Option<&Key>,
    ) -> Result<usize, StoreFault> {
        let end = prefix.encode_end();
        let before = before.map(|before| stored_key_in(C::COLLECTION, before)).transpose()?;
        let end = match (end, before) {
            (Some(end), Some(before)) => Some(end.min(before)),
            (end, before) => end.or(before),
        };
        let range = Range { prefix: stored_key_in(C::COLLECTION, prefix)?, end, after: None, limit: None };
        self.engine.delete_counts(scope, C::COLLECTION, &range)
    }

    /// Adds a record of what happened at `moment`.
    pub fn append<R: Record>(
        &mut self,
        scope: &Scope,
        moment: Timestamp,
        record: &R,
    ) -> Result<(), StoreFault> {
        self.engine.append(scope, R::JOURNAL, moment, &encode_in(R::JOURNAL, record)?)
    }

    /// Hands the records of a span to `each`, newest first, until it answers `false`.
    pub fn records<R: Record>(
        &mut self,
        scope: &Scope,
        span: &Span,
        mut each: impl FnMut(Place, R) -> bool,
    ) -> Result<(), StoreFault> {
        self.engine.records(scope, R::JOURNAL, span, &mut |place, body| {
            let record = serde_json::from_str(body).map_err(|error| StoreFault::Undecodable {
                collection: R::JOURNAL,
                key: place.moment.iso8601_millis(),
                reason: error.to_string(),
            })?;
            Ok(each(place, record))
        })
    }

    /// Removes records of every account and region that happened before `moment`, the oldest
    /// first and at most `limit`, so that one transaction does not take long; answers how many.
    pub fn delete_records<R: Record>(
        &mut self,
        moment: Timestamp,
        limit: usize,
    ) -> Result<usize, StoreFault> {
        self.engine.delete_records(R::JOURNAL, moment, limit)
    }

    /// Stores bytes under their digest. Each `put_blob` is one use of the blob, and each
    /// [`delete_blob`](Self::delete_blob) ends one: equal bytes are stored once.
    pub fn put_blob(&mut self, bytes: &[u8]) -> Result<BlobId, StoreFault> {
        let limit = crate::MAXIMUM_BLOB_BYTES;
        if bytes.len() > limit {
            return Err(StoreFault::BlobTooLarge { size: bytes.len(), limit });
        }
        let id = BlobId::of(bytes);
        self.engine.put_blob(&id, bytes)?;
        Ok(id)
    }

    /// Adds a use of a blob that is stored already, without its bytes; answers whether it is.
    pub fn keep_blob(&mut self, id: &BlobId) -> Result<bool, StoreFault> {
        self.engine.keep_blob(id)
    }

    /// The bytes of a blob, checked against their digest.
    pub fn get_blob(&mut self, id: &BlobId) -> Result<Option<Vec<u8>>, StoreFault> {
        let bytes = self.engine.get_blob(id)?;
        if bytes.as_ref().is_some_and(|bytes| BlobId::of(bytes) != *id) {
            return Err(StoreFault::Corrupted { reason: format!("blob {id} does not have its digest") });
        }
        Ok(bytes)
    }

    /// Ends one use of a blob, and removes it with its last; answers whether there was one.
    pub fn delete_blob(&mut self, id: &BlobId) -> Result<bool, StoreFault> {
        self.engine.delete_blob(id)
    }

    /// The last change that this transaction sees, its own included.
    pub fn sequence(&mut self) -> Result<Sequence, StoreFault> {
        self.engine.sequence()
    }

    /// What `read` makes of the keys and bodies of `range`.
    fn collect<D: Document, T>(
        &mut self,
        scope: &Scope,
        range: &Range,
        read: impl Fn(&str, &str) -> Result<T, StoreFault>,
    ) -> Result<Vec<T>, StoreFault> {
        base::give_way();
        let mut found = Vec::new();
        self.engine.list(scope, D::COLLECTION, range, &mut |key, body| {
            found.push(read(key, body)?);
            base::give_way();
            Ok(())
        })?;
        Ok(found)
    }
}

fn all_below<D: Document>(prefix: &Key) -> Result<Range, StoreFault> {
    Ok(Range { prefix: stored_key::<D>(prefix)?, end: prefix.encode_end(), after: None, limit: None })
}

fn read<D: Document>(key: &str, body: &str) -> Result<(Key, D), StoreFault> {
    let key = read_key::<D>(key)?;
    let document = decode(&key, body)?;
    Ok((key, document))
}
