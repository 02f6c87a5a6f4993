//! The application's view of its database, as one number: engines may have added rows of their own, and pages may have
//! moved.

use std::hash::{DefaultHasher, Hash, Hasher};

use rusqlite::{Connection, types::ValueRef};

/// Schema and rows of everything that is the application's.
pub fn fingerprint(connection: &Connection) -> rusqlite::Result<u64> {
    let mut hasher = DefaultHasher::new();
    let mut schema = connection.prepare(
        "SELECT type, name, sql FROM sqlite_schema \
         WHERE name NOT GLOB 'sqlite_*' AND name NOT GLOB '_litestream_*' ORDER BY name",
    )?;
    let objects = schema.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    for object in objects {
        let (kind, name, sql): (String, String, String) = object?;
        (&name, &sql).hash(&mut hasher);
        if kind == "table" {
            rows(connection, &name, &mut hasher)?;
        }
    }
    Ok(hasher.finish())
}

fn rows(connection: &Connection, table: &str, hasher: &mut DefaultHasher) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {table} ORDER BY rowid"))?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Null => 0_u8.hash(hasher),
                ValueRef::Integer(value) => value.hash(hasher),
                ValueRef::Real(value) => value.to_bits().hash(hasher),
                ValueRef::Text(value) | ValueRef::Blob(value) => value.hash(hasher),
            }
        }
    }
    Ok(())
}
