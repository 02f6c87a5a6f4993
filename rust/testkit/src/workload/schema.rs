//! The tables a workload has made, so that a step knows what it may touch.

use rusqlite::Connection;

use crate::random::Random;

#[derive(Debug, Default)]
pub(super) struct Schema {
    tables: Vec<Table>,
    indexes: Vec<String>,
    /// Numbers names; a name never comes twice.
    names: u64,
}

const TABLES: &str = "SELECT t.name, (SELECT count(*) FROM pragma_table_info(t.name) c WHERE c.name GLOB 'added_*') \
                      FROM sqlite_schema t WHERE t.type = 'table' AND t.name GLOB 'table_*'";
const INDEXES: &str = "SELECT name FROM sqlite_schema WHERE type = 'index' AND name GLOB 'index_*'";

#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: String,
    added_columns: u32,
}

impl Schema {
    /// Reads the schema of the database, which may be another one than before.
    pub(super) fn read(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut tables = connection.prepare(TABLES)?;
        let table = |row: &rusqlite::Row| Ok(Table { name: row.get(0)?, added_columns: row.get(1)? });
        self.tables = tables.query_map([], table)?.collect::<rusqlite::Result<_>>()?;
        let mut indexes = connection.prepare(INDEXES)?;
        self.indexes = indexes.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        Ok(())
    }

    fn new_name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}_{}", self.names)
    }

    pub(super) fn create_table(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let name = self.new_name("table");
        connection.execute_batch(&format!(
            "CREATE TABLE {name} (id INTEGER PRIMARY KEY, number INTEGER NOT NULL, text TEXT, body BLOB)"
        ))?;
        self.tables.push(Table { name, added_columns: 0 });
        Ok(())
    }

    /// One table always stays.
    pub(super) fn drop_table(&mut self, connection: &Connection, random: &mut Random) -> rusqlite::Result<()> {
        if self.tables.len() < 2 {
            return self.create_table(connection);
        }
        let table = self.tables.swap_remove(random.index(self.tables.len()));
        connection.execute_batch(&format!("DROP TABLE {}", table.name))?;
        // Its indexes went with it.
        self.indexes.retain(|index| !index.ends_with(&format!("_on_{}", table.name)));
        Ok(())
    }

    pub(super) fn create_index(&mut self, connection: &Connection, random: &mut Random) -> rusqlite::Result<()> {
        let table = self.table(random).name.clone();
        let name = format!("{}_on_{table}", self.new_name("index"));
        connection.execute_batch(&format!("CREATE INDEX {name} ON {table} (number, text)"))?;
        self.indexes.push(name);
        Ok(())
    }

    pub(super) fn drop_index(&mut self, connection: &Connection, random: &mut Random) -> rusqlite::Result<()> {
        if self.indexes.is_empty() {
            return self.create_index(connection, random);
        }
        let index = self.indexes.swap_remove(random.index(self.indexes.len()));
        connection.execute_batch(&format!("DROP INDEX {index}"))
    }

    pub(super) fn add_column(&mut self, connection: &Connection, random: &mut Random) -> rusqlite::Result<()> {
        let at = random.index(self.tables.len());
        let table = &mut self.tables[at];
        table.added_columns += 1;
        let sql = format!("ALTER TABLE {} ADD COLUMN added_{} TEXT DEFAULT 'x'", table.name, table.added_columns);
        connection.execute_batch(&sql)
    }

    pub(super) fn table(&self, random: &mut Random) -> &Table {
        &self.tables[random.index(self.tables.len())]
    }
}
