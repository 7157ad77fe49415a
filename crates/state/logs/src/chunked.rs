//! The step of the schema from a row for each event to chunks.

use rusqlite::{Connection, params};

use crate::chunk::ChunkBuilder;

/// Events that one chunk can hold: of one stream and one ingestion, with numbers that follow each
/// other.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Run {
    group: i64,
    stream: i64,
    ingestion: i64,
}

/// Moves all events from their table into chunks, each under the number that it has, and removes the
/// table.
pub(crate) fn move_events(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection
        .prepare("SELECT id, group_id, stream_id, ingestion, timestamp, message FROM events ORDER BY id")?;
    let mut rows = statement.query(())?;
    let mut open: Option<(i64, Run, ChunkBuilder)> = None;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let run = Run { group: row.get(1)?, stream: row.get(2)?, ingestion: row.get(3)? };
        let millis: i64 = row.get::<_, i64>(4)?.max(0);
        let text = row.get_ref(5)?.as_str()?;
        let (first, chunk) = match open.take() {
            Some((first, of, chunk)) => {
                let next = i64::try_from(chunk.events()).ok().and_then(|events| first.checked_add(events));
                match of == run && next == Some(id) && chunk.covers(millis) && !chunk.is_full_for(text.len())
                {
                    true => (first, chunk),
                    false => {
                        store(connection, first, of, &chunk)?;
                        (id, ChunkBuilder::new(millis))
                    }
                }
            }
            None => (id, ChunkBuilder::new(millis)),
        };
        let (first, _, chunk) = open.insert((first, run, chunk));
        if !chunk.push(millis, text) {
            return Err(rusqlite::Error::IntegralValueOutOfRange(4, *first));
        }
    }
    if let Some((first, run, chunk)) = open {
        store(connection, first, run, &chunk)?;
    }
    drop(rows);
    drop(statement);
    connection.execute_batch("DROP TABLE events")
}

/// As rows were when this step was made.
fn store(connection: &Connection, first: i64, run: Run, chunk: &ChunkBuilder) -> rusqlite::Result<()> {
    let (earliest, latest) = chunk.times();
    let integer = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "INSERT INTO chunks (id, group_id, stream_id, first, last, ingestion, events, bytes, data)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            first,
            run.group,
            run.stream,
            earliest,
            latest,
            run.ingestion,
            integer(chunk.events()),
            integer(chunk.stored_bytes()),
            chunk.data()
        ])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use base::{Clock, Timestamp};

    use super::*;

    /// What the step before made of appends to two streams.
    #[test]
    fn events_keep_their_numbers_times_and_texts() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("migrations/0001_events.sql")).unwrap();
        let mut expected = Vec::new();
        let events = [
            // Number, stream, ingestion, time, text.
            (1, 1, 500, 20_001, "a"),
            (2, 1, 500, 20_000, "b"),
            // Another window, another ingestion, another stream, and a gap.
            (3, 1, 500, 30_000, "ü"),
            (4, 1, 501, 30_000, "d"),
            (5, 2, 501, 30_000, ""),
            (6, 2, 501, 30_001, "f"),
            (9, 2, 501, 30_001, "g"),
        ];
        for (id, stream, ingestion, time, text) in events {
            let sql = "INSERT INTO events VALUES (?1, 7, ?2, ?3, ?4, ?5)";
            connection.execute(sql, params![id, stream, time, ingestion, text]).unwrap();
            expected.push((id, stream, ingestion, time, text.to_owned()));
        }
        connection.execute("INSERT INTO events VALUES (20, 7, 1, 0, 0, 'gone')", ()).unwrap();
        connection.execute("DELETE FROM events WHERE id = 20", ()).unwrap();
        connection.execute_batch(include_str!("migrations/0002_chunks.sql")).unwrap();
        move_events(&connection).unwrap();

        let mut statement = connection
            .prepare("SELECT id, stream_id, ingestion, events, data FROM chunks ORDER BY id")
            .unwrap();
        let mut rows = statement.query(()).unwrap();
        let (mut found, mut sizes) = (Vec::new(), Vec::new());
        while let Some(row) = rows.next().unwrap() {
            let data: Vec<u8> = row.get(4).unwrap();
            for (number, (time, text)) in
                (row.get::<_, i64>(0).unwrap()..).zip(crate::Chunk::decode(&data).unwrap().events())
            {
                found.push((number, row.get(1).unwrap(), row.get(2).unwrap(), *time, (*text).to_owned()));
            }
            sizes.push(row.get::<_, i64>(3).unwrap());
        }
        assert_eq!(found, expected);
        assert_eq!(sizes, [2, 1, 1, 2, 1]);
        // 20 has been used.
        let next: i64 = connection.query_row("SELECT next_event FROM numbers", (), |row| row.get(0)).unwrap();
        assert_eq!(next, 21);
    }

    #[test]
    fn a_database_without_events_begins_with_the_first_number() {
        let connection = crate::open::memory(&Clock::standing_at(Timestamp::from_millis(0))).unwrap();
        let next: i64 = connection.query_row("SELECT next_event FROM numbers", (), |row| row.get(0)).unwrap();
        assert_eq!(next, 1);
    }
}
