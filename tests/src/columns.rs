//! Which columns of a database hold a text.

use crate::PrivatePostgres;
use anyhow::Result;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use std::collections::BTreeSet;
use std::path::Path;

/// Partitions belong to their parents.
const OF_POSTGRES: &str = "select c.relname::text, a.attname::text from pg_attribute a join pg_class c on c.oid = a.attrelid \
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition \
     and a.attnum > 0 and not a.attisdropped and c.relname not like '\\_sqlx%' order by 1, 2";
const OF_JOURNAL: &str = "select t.name, c.name from sqlite_schema t join pragma_table_info(t.name) c \
     where t.type = 'table' and t.name not like '\\_sqlx%' escape '\\' and t.name not like 'sqlite%' order by 1, 2";

/// The columns of a database, each as table and column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// All of them, in order.
    pub all: Vec<(String, String)>,
    /// Those in which one of the texts stands, as `table.column`.
    pub holding: BTreeSet<String>,
}

impl Columns {
    /// Of every table of Postgres.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn of_postgres(postgres: &PrivatePostgres, texts: &[String]) -> Result<Self> {
        let mut connection = PgConnection::connect(&postgres.url()).await?;
        let all: Vec<(String, String)> = sqlx::query_as(OF_POSTGRES).fetch_all(&mut connection).await?;
        let mut holding = BTreeSet::new();
        for (table, column) in &all {
            for text in texts {
                let asked =
                    format!("select exists (select from {table} where strpos({column}::text, $1) > 0)");
                let asked = sqlx::query_scalar(AssertSqlSafe(asked)).bind(text);
                if asked.fetch_one(&mut connection).await? {
                    holding.insert(format!("{table}.{column}"));
                }
            }
        }
        Ok(Self { all, holding })
    }

    /// Of every table of the journal in a data folder.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn of_journal(data_dir: &Path, texts: &[String]) -> Result<Self> {
        let file = format!("sqlite://{}", data_dir.join("journal.db").display());
        let mut connection = SqliteConnection::connect(&file).await?;
        let all: Vec<(String, String)> = sqlx::query_as(OF_JOURNAL).fetch_all(&mut connection).await?;
        let mut holding = BTreeSet::new();
        for (table, column) in &all {
            for text in texts {
                let asked = format!("select exists (select 1 from {table} where instr({column}, ?) > 0)");
                let asked = sqlx::query_scalar(AssertSqlSafe(asked)).bind(text);
                if asked.fetch_one(&mut connection).await? {
                    holding.insert(format!("{table}.{column}"));
                }
            }
        }
        connection.close().await?;
        Ok(Self { all, holding })
    }
}
