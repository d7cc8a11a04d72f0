//! What Postgres does to answer a statement: how long it takes, and whether it reads answers from end to end.

use crate::PrivatePostgres;
use anyhow::Result;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::time::{Duration, Instant};

/// A table without partitions is no tree.
const SIZE: &str = "select coalesce((select sum(pg_total_relation_size(relid)) from pg_partition_tree($1::text::regclass)), \
     pg_total_relation_size($1::text::regclass))::bigint";

/// A function with settings of its own is a closed box to the planner; without them it shows how it finds its rows.
const OPEN_FUNCTIONS: &str = "do $$ declare own regprocedure; begin \
     for own in select oid::regprocedure from pg_proc where pronamespace = 'public'::regnamespace and proconfig is not null loop \
     execute format('alter function %s reset all', own); end loop; end $$";

/// A connection that asks what others ask.
pub struct Planned {
    connection: PgConnection,
}

impl Planned {
    /// Connects.
    ///
    /// # Errors
    /// When Postgres cannot be reached.
    pub async fn connect(postgres: &PrivatePostgres) -> Result<Self> {
        Ok(Self { connection: PgConnection::connect(&postgres.url()).await? })
    }

    /// Does what Postgres does by itself after a while: counts rows, and marks those that all can see.
    ///
    /// # Errors
    /// When Postgres does not do it.
    pub async fn settle(&mut self) -> Result<()> {
        self.connection.execute("vacuum analyze").await?;
        Ok(())
    }

    /// How long a statement takes, its rows included.
    ///
    /// # Errors
    /// When it fails.
    pub async fn time(&mut self, statement: &str) -> Result<Duration> {
        let begun = Instant::now();
        self.connection.fetch_all(AssertSqlSafe(statement.to_owned())).await?;
        Ok(begun.elapsed())
    }

    /// How Postgres would answer a statement, with what the functions in it do.
    ///
    /// # Errors
    /// When it fails.
    pub async fn plan(&mut self, statement: &str) -> Result<String> {
        let explained = AssertSqlSafe(format!("explain {statement}"));
        let mut transaction = self.connection.begin().await?;
        transaction.execute(OPEN_FUNCTIONS).await?;
        let lines: Vec<(String,)> = sqlx::query_as(explained).fetch_all(&mut *transaction).await?;
        transaction.rollback().await?;
        Ok(lines.into_iter().map(|line| line.0 + "\n").collect())
    }

    /// The tables of answers that a plan reads from end to end, those without a row left out; and functions about answers of
    /// which the plan does not tell how they find them.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn read_whole(&mut self, plan: &str) -> Result<Vec<String>> {
        let tables = plan.split("Seq Scan on ").skip(1).filter_map(|rest| rest.split_whitespace().next());
        let mut whole = Vec::new();
        for table in tables.filter(|table| table.starts_with("predictions")) {
            let filled = AssertSqlSafe(format!("select exists (select from {table})"));
            if sqlx::query_scalar(filled).fetch_one(&mut self.connection).await? {
                whole.push(table.to_owned());
            }
        }
        let functions =
            plan.split("Function Scan on ").skip(1).filter_map(|rest| rest.split_whitespace().next());
        whole.extend(functions.filter(|name| name.ends_with("_answers")).map(ToOwned::to_owned));
        Ok(whole)
    }

    /// Bytes of a table with its partitions and indexes.
    ///
    /// # Errors
    /// When there is none of that name.
    pub async fn bytes(&mut self, table: &str) -> Result<u64> {
        let bytes: i64 = sqlx::query_scalar(SIZE).bind(table).fetch_one(&mut self.connection).await?;
        Ok(bytes.unsigned_abs())
    }
}
