//! Where experiments, exposures and feedback are kept.

use super::evidence::AnswerColumns;
use super::row::ExposureColumns;
use super::{
    Evidence, EvidenceQuery, ExperimentChange, ExperimentKey, ExperimentRow, Exposure, ExposureCount, Past,
    Put, Reading, Reason, past, postgres, sqlite,
};
use crate::columns::Misfit;
use crate::feedback::{self, FeedbackColumns, FeedbackRow};
use crate::postgres::{commit_to_disk, connect, hold_off_erasures};
use crate::{PostgresUrl, StoreError, journal, migrate};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Connection, PgPool, SqlitePool};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::OnceCell;

/// How long a call waits for a connection to Postgres.
const ACQUIRE: Duration = Duration::from_secs(5);
/// Connections to Postgres at most.
const CONNECTIONS: u32 = 4;
/// Rows that go to Postgres at a time.
const SHIPMENT_ROWS: u32 = 1_000;

/// Where experiments, exposures and feedback are kept.
#[derive(Debug)]
pub struct ExperimentStore {
    path: PathBuf,
    local: SqlitePool,
    shared: Option<Shared>,
}

/// Postgres, reached when it is first needed.
#[derive(Debug)]
struct Shared {
    url: PostgresUrl,
    pool: PgPool,
    migrated: OnceCell<()>,
}

impl ExperimentStore {
    /// Opens the store in the journal of `data_dir`, which must be open already, and in `postgres` where there is one. An
    /// outage of Postgres is no failure here.
    pub async fn open(data_dir: &Path, postgres: Option<PostgresUrl>) -> Result<Self, StoreError> {
        let path = journal::file_in(data_dir);
        let options = journal::writing(&path);
        let local = SqlitePoolOptions::new().max_connections(2).connect_with(options).await;
        let local = local.map_err(|source| StoreError::journal(&path, source))?;
        Ok(Self { path, local, shared: postgres.map(Shared::new) })
    }

    /// All experiments of all tenants, by tenant and name. With Postgres they come from there, and a copy is kept.
    pub async fn experiments(&self) -> Result<Vec<ExperimentRow>, StoreError> {
        const WHAT: &str = "reading experiments";
        let Some(shared) = &self.shared else { return self.known().await };
        let rows = postgres::list(shared.pool().await?).await;
        let rows = rows.map_err(|source| shared.failed(WHAT, source))?;
        let rows: Vec<ExperimentRow> = rows.into_iter().map(Into::into).collect();
        if rows != self.known().await? {
            let begun = self.local.begin_with("begin immediate").await;
            let mut change = begun.map_err(|source| self.failed(WHAT, source))?;
            sqlite::copy(&mut change, &rows).await.map_err(|source| self.failed(WHAT, source))?;
            change.commit().await.map_err(|source| self.failed(WHAT, source))?;
        }
        Ok(rows)
    }

    /// The experiments as this server last knew them, without a look at Postgres.
    pub async fn known(&self) -> Result<Vec<ExperimentRow>, StoreError> {
        let rows = sqlite::list(&self.local).await;
        let rows = rows.map_err(|source| self.failed("reading experiments", source))?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Writes a revision with who made it; it is there for all servers, or nothing happened.
    pub async fn put(&self, row: &ExperimentRow, reason: &Reason) -> Result<Put, StoreError> {
        const WHAT: &str = "writing an experiment";
        let done = match &self.shared {
            Some(shared) => {
                let change = async {
                    let mut change = shared.pool.begin().await?;
                    let done = postgres::put(&mut change, row, reason).await?;
                    change.commit().await.map(|()| done)
                };
                shared.pool().await?;
                change.await.map_err(|source| shared.failed(WHAT, source))?
            }
            None => {
                let change = async {
                    let mut change = self.local.begin_with("begin immediate").await?;
                    let done = sqlite::put(&mut change, row, reason).await?;
                    change.commit().await.map(|()| done)
                };
                change.await.map_err(|source| self.failed(WHAT, source))?
            }
        };
        Ok(if done { Put::Done } else { Put::Stale })
    }

    /// Every revision of an experiment, the oldest first.
    pub async fn history(&self, key: ExperimentKey<'_>) -> Result<Vec<ExperimentChange>, StoreError> {
        const WHAT: &str = "reading the changes of an experiment";
        let rows = match &self.shared {
            Some(shared) => {
                let rows = postgres::history(shared.pool().await?, key).await;
                rows.map_err(|source| shared.failed(WHAT, source))?
            }
            None => sqlite::history(&self.local, key).await.map_err(|source| self.failed(WHAT, source))?,
        };
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Keeps exposures, durably on this machine; a unit that was exposed before stays as it was. Gives how many were new.
    pub async fn expose(&self, exposures: &[Exposure]) -> Result<usize, StoreError> {
        let write = async {
            let mut change = self.local.begin_with("begin immediate").await?;
            let mut new = 0;
            for exposure in exposures {
                new += usize::from(sqlite::expose(&mut change, &ExposureColumns::from(exposure)).await?);
            }
            change.commit().await.map(|()| new)
        };
        write.await.map_err(|source| self.failed("writing exposures", source))
    }

    /// Keeps feedback, durably on this machine; a row that is there already changes nothing. Gives how many were new.
    pub async fn give_feedback(&self, rows: &[FeedbackRow]) -> Result<usize, StoreError> {
        let columns: Result<Vec<FeedbackColumns>, Misfit> =
            rows.iter().map(FeedbackColumns::try_from).collect();
        let columns = columns.map_err(|misfit| StoreError::row("feedback", self.database(), &misfit))?;
        let write = async {
            let mut change = self.local.begin_with("begin immediate").await?;
            let mut new = 0;
            for row in &columns {
                new += usize::from(feedback::sqlite::insert(&mut change, row).await?);
            }
            change.commit().await.map(|()| new)
        };
        write.await.map_err(|source| self.failed("writing feedback", source))
    }

    /// Brings what is only on this machine to Postgres; gives how many rows that were. Without Postgres nothing is to do, and
    /// nothing goes until the journal has forgotten whom Postgres was told to forget.
    pub async fn ship(&self) -> Result<usize, StoreError> {
        const WHAT: &str = "reading what is to be shipped";
        let Some(shared) = &self.shared else { return Ok(0) };
        // Before the rows: those that are read behind it are without whom this journal was told to forget.
        let followed = journal::followed_erasure(&self.local).await;
        let followed = followed.map_err(|source| self.failed(WHAT, source))?;
        let exposures = sqlite::unshipped(&self.local, SHIPMENT_ROWS).await;
        let exposures = exposures.map_err(|source| self.failed(WHAT, source))?;
        let feedback = feedback::sqlite::unshipped(&self.local, SHIPMENT_ROWS).await;
        let feedback = feedback.map_err(|source| self.failed(WHAT, source))?;
        if exposures.is_empty() && feedback.is_empty() {
            return Ok(0);
        }
        shared.pool().await?;
        let carry = async {
            let mut change = shared.pool.begin().await?;
            if hold_off_erasures(&mut change).await? > followed {
                return Ok(false);
            }
            postgres::expose(&mut change, &exposures).await?;
            feedback::postgres::insert(&mut change, &feedback).await?;
            change.commit().await.map(|()| true)
        };
        let carried =
            carry.await.map_err(|source| shared.failed("shipping exposures and feedback", source))?;
        if !carried {
            return Ok(0);
        }
        let note = async {
            let mut change = self.local.begin_with("begin immediate").await?;
            sqlite::mark_shipped(&mut change, &exposures).await?;
            feedback::sqlite::mark_shipped(&mut change, &feedback).await?;
            change.commit().await
        };
        note.await.map_err(|source| self.failed("noting what was shipped", source))?;
        Ok(exposures.len() + feedback.len())
    }

    /// How many units each arm of an experiment was first shown to, apart by the times that begin at `begun_micros` after 1970, in
    /// rising order, and by the arm's share.
    pub async fn exposure_counts(
        &self,
        key: ExperimentKey<'_>,
        begun_micros: &[i64],
    ) -> Result<Vec<ExposureCount>, StoreError> {
        const WHAT: &str = "counting exposures";
        match &self.shared {
            Some(shared) => {
                let rows = postgres::exposure_counts(shared.pool().await?, key, begun_micros).await;
                rows.map_err(|source| shared.failed(WHAT, source))
            }
            None => {
                let rows = sqlite::exposure_counts(&self.local, key, begun_micros).await;
                rows.map_err(|source| self.failed(WHAT, source))
            }
        }
    }

    /// The exposures of an experiment, the oldest first; at most `limit`.
    pub async fn exposures(&self, key: ExperimentKey<'_>, limit: u32) -> Result<Vec<Exposure>, StoreError> {
        const WHAT: &str = "reading exposures";
        let rows = match &self.shared {
            Some(shared) => {
                let rows = postgres::exposures(shared.pool().await?, key, limit).await;
                rows.map_err(|source| shared.failed(WHAT, source))?
            }
            None => {
                let rows = sqlite::exposures(&self.local, key, limit).await;
                rows.map_err(|source| self.failed(WHAT, source))?
            }
        };
        let read: Result<Vec<Exposure>, Misfit> = rows.into_iter().map(TryInto::try_into).collect();
        read.map_err(|misfit| StoreError::row("exposures", self.database(), &misfit))
    }

    /// What was known of an experiment's drawn units before each was exposed; none of a unit that had no answers then.
    pub async fn past(&self, key: ExperimentKey<'_>) -> Result<Vec<Past>, StoreError> {
        const WHAT: &str = "reading what was known before";
        match &self.shared {
            Some(shared) => {
                let rows = past::in_postgres(shared.pool().await?, key).await;
                rows.map_err(|source| shared.failed(WHAT, source))
            }
            None => past::in_journal(&self.local, key).await.map_err(|source| self.failed(WHAT, source)),
        }
    }

    /// The final answers of an experiment's arms, each with what its tenant said last about its audio.
    pub async fn evidence(&self, query: EvidenceQuery<'_>) -> Result<Evidence, StoreError> {
        const WHAT: &str = "reading the answers of an experiment";
        // The character behind `/`: everything that begins with the prefix lies between.
        let behind = format!("{}0", query.prefix.trim_end_matches('/'));
        let range = (query.tenant, [query.prefix, behind.as_str()]);
        let wanted = (query.first, query.limit.saturating_add(1));
        let mut answers = match &self.shared {
            Some(shared) => {
                let answers = postgres::answers(shared.pool().await?, range, wanted).await;
                answers.map_err(|source| shared.failed(WHAT, source))?
            }
            None => {
                let answers = sqlite::answers(&self.local, range, wanted).await;
                answers.map_err(|source| self.failed(WHAT, source))?
            }
        };
        let limit = query.limit as usize;
        let left_out = match query.first {
            Reading::Between(..) => u64::from(answers.len() > limit),
            _ if answers.len() > limit => self.beyond(range, limit).await?,
            _ => 0,
        };
        answers.truncate(limit);
        let feedback = self.feedback_of(range, &answers).await?;
        if query.first == Reading::Newest {
            answers.reverse();
        }
        let misfit = |table| move |misfit: Misfit| StoreError::row(table, self.database(), &misfit);
        let answers = answers.into_iter().map(TryInto::try_into).collect::<Result<Vec<_>, _>>();
        let feedback = feedback.into_iter().map(TryInto::try_into).collect::<Result<Vec<_>, _>>();
        Ok(Evidence::joined(
            answers.map_err(misfit("predictions"))?,
            feedback.map_err(misfit("feedback"))?,
            left_out,
        ))
    }

    /// What was said about answers of arms that were made when these were.
    async fn feedback_of(
        &self,
        range: (&str, [&str; 2]),
        answers: &[AnswerColumns],
    ) -> Result<Vec<FeedbackColumns>, StoreError> {
        const WHAT: &str = "reading feedback about an experiment";
        let made = || answers.iter().map(|own| own.created_at_micros);
        let Some(between) = made().min().zip(made().max()).map(|(first, last)| [first, last]) else {
            return Ok(Vec::new());
        };
        match &self.shared {
            Some(shared) => {
                let rows = feedback::postgres::of_arms(shared.pool().await?, range, between).await;
                rows.map_err(|source| shared.failed(WHAT, source))
            }
            None => {
                let rows = feedback::sqlite::of_arms(&self.local, range, between).await;
                rows.map_err(|source| self.failed(WHAT, source))
            }
        }
    }

    /// How many answers there are beyond `limit`.
    async fn beyond(&self, range: (&str, [&str; 2]), limit: usize) -> Result<u64, StoreError> {
        const WHAT: &str = "counting the answers of an experiment";
        let all = match &self.shared {
            Some(shared) => {
                let all = postgres::count_answers(shared.pool().await?, range).await;
                all.map_err(|source| shared.failed(WHAT, source))?
            }
            None => {
                let all = sqlite::count_answers(&self.local, range).await;
                all.map_err(|source| self.failed(WHAT, source))?
            }
        };
        Ok(all.unsigned_abs().saturating_sub(limit as u64))
    }

    /// Closes the files and connections. To be called before the journal is closed.
    pub async fn close(&self) {
        self.local.close().await;
        if let Some(shared) = &self.shared {
            shared.pool.close().await;
        }
    }

    fn database(&self) -> String {
        self.shared.as_ref().map_or_else(|| self.path.display().to_string(), |own| own.url.target())
    }

    fn failed(&self, what: &'static str, source: sqlx::Error) -> StoreError {
        StoreError::Query { what, database: self.path.display().to_string(), source }
    }
}

impl Shared {
    fn new(url: PostgresUrl) -> Self {
        let options = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            .after_connect(|connection, _| Box::pin(commit_to_disk(connection)));
        Self { pool: options.connect_lazy_with(url.options()), url, migrated: OnceCell::new() }
    }

    /// The connections, once the tables are there.
    async fn pool(&self) -> Result<&PgPool, StoreError> {
        self.migrated.get_or_try_init(|| self.migrate()).await?;
        Ok(&self.pool)
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        let mut connection = connect(&self.url).await?;
        let applied = migrate::up(&mut connection, &migrate::POSTGRES).await;
        applied.map_err(|source| StoreError::migrate(self.url.target(), source))?;
        // The tables are there, whatever becomes of this connection.
        drop(connection.close().await);
        Ok(())
    }

    fn failed(&self, what: &'static str, source: sqlx::Error) -> StoreError {
        StoreError::Query { what, database: self.url.target(), source }
    }
}
