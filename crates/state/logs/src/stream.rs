//! Groups and streams, as far as their events make them.

use base::{Scope, Timestamp};
use rusqlite::{Connection, Row, params};

use crate::LogFault;
use crate::append::find_group;

/// A group that has streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGroup {
    /// Its name.
    pub name: String,
    /// When something was first written to it.
    pub created: Timestamp,
    /// The bytes of its events, [`EVENT_OVERHEAD_BYTES`](crate::EVENT_OVERHEAD_BYTES) for
    /// each included.
    pub stored_bytes: u64,
}

/// A stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogStream {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// The earliest time of its events.
    pub first_event: Option<Timestamp>,
    /// The latest time that its events have had.
    pub last_event: Option<Timestamp>,
    /// When it last took in events.
    pub last_ingestion: Option<Timestamp>,
    /// The bytes of its events, [`EVENT_OVERHEAD_BYTES`](crate::EVENT_OVERHEAD_BYTES) for
    /// each included.
    pub stored_bytes: u64,
}

/// How streams are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamOrder {
    /// By name.
    #[default]
    Name,
    /// By [`last_event`](LogStream::last_event), those without events as the earliest.
    LastEvent,
}

/// Which streams to list.
#[derive(Clone, Debug)]
pub struct StreamsQuery {
    /// Whose they are.
    pub scope: Scope,
    /// Their group. One that was never written to has none.
    pub group: String,
    /// How their names start.
    pub prefix: Option<String>,
    /// Their order.
    pub order: StreamOrder,
    /// Whether the order is turned around.
    pub descending: bool,
    /// How many at most, up to [`MAXIMUM_PAGE_STREAMS`](crate::MAXIMUM_PAGE_STREAMS), which
    /// `None` stands for.
    pub limit: Option<usize>,
    /// Where the last page ended.
    pub token: Option<String>,
}

/// Some of the streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamsPage {
    /// They, in order.
    pub streams: Vec<LogStream>,
    /// If there are more: the token for the next page.
    pub next: Option<String>,
}

pub(crate) fn list_groups(
    connection: &Connection,
    scope: &Scope,
    prefix: &str,
) -> rusqlite::Result<Vec<LogGroup>> {
    connection
        .prepare_cached(
            "SELECT name, created,
                 (SELECT coalesce(sum(bytes), 0) FROM streams WHERE group_id = groups.id)
             FROM groups
             WHERE account = ?1 AND region = ?2 AND substr(name, 1, length(?3)) = ?3
             ORDER BY name",
        )?
        .query_map(params![scope.account(), scope.region(), prefix], |row| {
            Ok(LogGroup { name: row.get(0)?, created: time(row, 1)?, stored_bytes: bytes(row, 2)? })
        })?
        .collect()
}

pub(crate) fn list_streams(
    connection: &Connection,
    query: &StreamsQuery,
) -> rusqlite::Result<Result<StreamsPage, LogFault>> {
    let after = match query.token.as_deref().map(|token| Place::read(token, query.order)).transpose() {
        Ok(after) => after,
        Err(fault) => return Ok(Err(fault)),
    };
    let none = StreamsPage { streams: Vec::new(), next: None };
    let Some(group) = find_group(connection, &query.scope, &query.group)? else { return Ok(Ok(none)) };
    let limit = query.limit.unwrap_or(crate::MAXIMUM_PAGE_STREAMS).min(crate::MAXIMUM_PAGE_STREAMS);
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);

    // By name the first half of a place is always 0.
    let (sign, turn) = if query.descending { ("<", "DESC") } else { (">", "ASC") };
    let (place, order) = match query.order {
        StreamOrder::Name => ("0", format!("name {turn}")),
        StreamOrder::LastEvent => {
            ("coalesce(last_event, -1)", format!("coalesce(last_event, -1) {turn}, name {turn}"))
        }
    };
    let sql = format!(
        "SELECT name, created, first_event, last_event, last_ingestion, bytes FROM streams
         WHERE group_id = ?1 AND substr(name, 1, length(?2)) = ?2
           AND (?4 IS NULL OR ({place}, name) {sign} (?3, ?4))
         ORDER BY {order} LIMIT ?5"
    );
    let prefix = query.prefix.as_deref().unwrap_or_default();
    let (after_time, after_name) = match &after {
        Some(place) => (Some(place.time), Some(place.name.as_str())),
        None => (None, None),
    };
    let mut streams: Vec<LogStream> = connection
        .prepare_cached(&sql)?
        .query_map(params![group, prefix, after_time, after_name, one_more], read_stream)?
        .collect::<rusqlite::Result<_>>()?;
    let more = streams.len() > limit;
    streams.truncate(limit);
    let next = streams.last().filter(|_| more).map(|last| Place::of(last, query.order).write(query.order));
    Ok(Ok(StreamsPage { streams, next }))
}

fn read_stream(row: &Row<'_>) -> rusqlite::Result<LogStream> {
    let moment =
        |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(index)?.map(Timestamp::from_millis));
    Ok(LogStream {
        name: row.get(0)?,
        created: time(row, 1)?,
        first_event: moment(2)?,
        last_event: moment(3)?,
        last_ingestion: moment(4)?,
        stored_bytes: bytes(row, 5)?,
    })
}

fn time(row: &Row<'_>, index: usize) -> rusqlite::Result<Timestamp> {
    row.get(index).map(Timestamp::from_millis)
}

fn bytes(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(index)?).unwrap_or_default())
}

/// The last stream of a page. Its token is `name/…` or `event/<milliseconds>/…`.
struct Place {
    time: i64,
    name: String,
}

impl Place {
    fn of(stream: &LogStream, order: StreamOrder) -> Self {
        let time = match order {
            StreamOrder::Name => 0,
            StreamOrder::LastEvent => stream.last_event.map_or(-1, Timestamp::as_millis),
        };
        Self { time, name: stream.name.clone() }
    }

    fn write(&self, order: StreamOrder) -> String {
        match order {
            StreamOrder::Name => format!("name/{}", self.name),
            StreamOrder::LastEvent => format!("event/{}/{}", self.time, self.name),
        }
    }

    fn read(token: &str, order: StreamOrder) -> Result<Self, LogFault> {
        let read = || match order {
            StreamOrder::Name => Some(Self { time: 0, name: token.strip_prefix("name/")?.to_owned() }),
            StreamOrder::LastEvent => {
                let (time, name) = token.strip_prefix("event/")?.split_once('/')?;
                Some(Self { time: time.parse().ok()?, name: name.to_owned() })
            }
        };
        read().ok_or(LogFault::InvalidToken)
    }
}
