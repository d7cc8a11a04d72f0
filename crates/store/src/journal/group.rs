//! What one transaction of the writer does.

use super::erasing::{self, Erased};
use super::predictions::Inserted;
use super::statements::{self, Kind, SetAside, Whole};
use super::tail::Numbered;
use super::writer::{Job, Work};
use super::{Settlement, predictions};
use crate::columns::{Misfit, PredictionColumns, StreamColumns, StreamEndColumns};
use crate::error::sqlite_code;
use sqlx::SqliteConnection;
use undertone_core::{ErrorKind, Record, RecordError, UnixMicros};

/// A group of jobs on its way into the journal.
pub(super) struct Group<'g> {
    pub(super) connection: &'g mut SqliteConnection,
    pub(super) now: UnixMicros,
    /// Why new streams are refused, if they are.
    pub(super) at_limit: Option<&'g RecordError>,
    pub(super) done: Done,
    /// Predictions that are written together, and the jobs that they belong to.
    together: Vec<(usize, PredictionColumns)>,
}

/// What a transaction changed.
#[derive(Default)]
pub(super) struct Done {
    pub(super) answers: Vec<Result<(), RecordError>>,
    pub(super) announced: u64,
    pub(super) settled: u64,
    pub(super) shipped: u64,
    pub(super) set_aside: u64,
    /// Rows that were erased although they had not been shipped.
    pub(super) erased_pending: u64,
    /// New answers, with consecutive numbers; not all of them where some were there before.
    pub(super) fresh: Vec<Numbered>,
    /// Whether somebody was erased.
    pub(super) erased: bool,
}

/// Why a job was not written.
enum Fault {
    /// The row is at fault: it alone fails.
    Refused(String),
    /// The journal has no room for a new stream.
    Full(RecordError),
    /// The file is at fault: the whole transaction fails.
    Broken(sqlx::Error),
}

impl<'g> Group<'g> {
    pub(super) fn new(
        connection: &'g mut SqliteConnection,
        now: UnixMicros,
        at_limit: Option<&'g RecordError>,
    ) -> Self {
        Self { connection, now, at_limit, done: Done::default(), together: Vec::new() }
    }

    pub(super) async fn write(mut self, jobs: &[Job]) -> Result<Done, sqlx::Error> {
        self.done.answers = vec![Ok(()); jobs.len()];
        for (place, job) in jobs.iter().enumerate() {
            match &job.work {
                Work::Record(record) => match (&**record, record_row(record)) {
                    (_, Ok(Some(row))) => self.together.push((place, row)),
                    (_, Ok(None)) => self.write_stream(place, record).await?,
                    (_, Err(misfit)) => self.refuse(place, record, &misfit.to_string()).await?,
                },
                Work::Settle(settlement) => self.settle(settlement).await?,
                Work::Erase(subject) => {
                    // What was recorded before is erased too.
                    self.write_together(jobs).await?;
                    let Erased { pending, .. } = erasing::erase(self.connection, subject, self.now).await?;
                    self.done.erased_pending += pending;
                    self.done.erased = true;
                }
                Work::Close => {}
            }
        }
        self.write_together(jobs).await?;
        Ok(self.done)
    }

    /// All at once; when a check refuses one of them, that statement did nothing and each is tried alone.
    async fn write_together(&mut self, jobs: &[Job]) -> Result<(), sqlx::Error> {
        let (places, rows): (Vec<usize>, Vec<PredictionColumns>) = self.together.drain(..).unzip();
        match self.savepoint(&rows).await.map_err(Fault::from) {
            Ok(inserted) => {
                self.done.announced += inserted.rows;
                self.note_fresh(inserted, rows);
            }
            Err(Fault::Broken(error)) => return Err(error),
            Err(_) => {
                for (place, row) in places.into_iter().zip(rows) {
                    self.write_alone(place, row, jobs).await?;
                }
            }
        }
        Ok(())
    }

    /// Rows whose numbers are known need not be read back; those of others are left to whoever reads the file.
    fn note_fresh(&mut self, inserted: Inserted, rows: Vec<PredictionColumns>) {
        let count = rows.len() as i64;
        if inserted.rows != rows.len() as u64 {
            return;
        }
        let numbered = (inserted.last_seq - count + 1..).zip(rows).map(|(seq, row)| Numbered { seq, row });
        self.done.fresh.extend(numbered);
    }

    /// Several statements, all of them or none.
    async fn savepoint(&mut self, rows: &[PredictionColumns]) -> Result<Inserted, sqlx::Error> {
        if rows.is_empty() {
            return Ok(Inserted::default());
        }
        sqlx::query("savepoint together").execute(&mut *self.connection).await?;
        let inserted = predictions::insert(self.connection, rows).await;
        if inserted.is_err() {
            // SQLite may have rolled everything back by itself; then the outer error tells.
            let _ = sqlx::query("rollback to together").execute(&mut *self.connection).await;
        }
        let _ = sqlx::query("release together").execute(&mut *self.connection).await;
        inserted
    }

    async fn write_alone(
        &mut self,
        place: usize,
        row: PredictionColumns,
        jobs: &[Job],
    ) -> Result<(), sqlx::Error> {
        match predictions::insert(self.connection, &[row]).await.map_err(Fault::from) {
            Ok(inserted) => self.done.announced += inserted.rows,
            Err(Fault::Broken(error)) => return Err(error),
            Err(Fault::Full(refusal)) => self.done.answers[place] = Err(refusal),
            Err(Fault::Refused(error)) => {
                if let Work::Record(record) = &jobs[place].work {
                    self.refuse(place, record, &error).await?;
                }
            }
        }
        Ok(())
    }

    async fn write_stream(&mut self, place: usize, record: &Record) -> Result<(), sqlx::Error> {
        match self.change_stream(record).await {
            Ok(changed) => self.done.announced += u64::from(changed),
            Err(Fault::Broken(error)) => return Err(error),
            Err(Fault::Full(refusal)) => self.done.answers[place] = Err(refusal),
            Err(Fault::Refused(error)) => self.refuse(place, record, &error).await?,
        }
        Ok(())
    }

    /// True when a row changed, which is then in the outbox too.
    async fn change_stream(&mut self, record: &Record) -> Result<bool, Fault> {
        let connection = &mut *self.connection;
        match (record, self.at_limit) {
            // One that is taken up again is no new stream.
            (Record::StreamOpened(opened), Some(refusal)) => {
                let is_known = statements::stream_is_known(connection, &opened.stream_id.to_string()).await?;
                if is_known { Ok(false) } else { Err(Fault::Full(refusal.clone())) }
            }
            (Record::StreamOpened(opened), None) => {
                Ok(statements::insert_stream(connection, &StreamColumns::from(opened)).await?)
            }
            (Record::StreamEnded(end), _) => {
                let row = StreamEndColumns::try_from(end)?;
                let changed = statements::end_stream(connection, &row).await?;
                if !changed && !statements::stream_is_known(connection, &row.id).await? {
                    return Err(Fault::Refused("the stream that ended was never recorded".to_owned()));
                }
                Ok(changed)
            }
            // Written with its neighbours.
            (Record::Utterance(_), _) => Ok(false),
        }
    }

    async fn refuse(&mut self, place: usize, record: &Record, error: &str) -> Result<(), sqlx::Error> {
        let (kind, id) = match record {
            Record::StreamOpened(opened) => (Kind::Stream, opened.stream_id.to_string()),
            Record::Utterance(answer) => (Kind::Prediction, answer.prediction_id.to_string()),
            Record::StreamEnded(end) => (Kind::Stream, end.stream_id.to_string()),
        };
        tracing::warn!(kind = kind.name(), %id, error, "set a record aside that the journal refused");
        let record = Some(Whole::of(record));
        let row = SetAside { at: self.now, refused_by: "journal", kind, id: &id, error, record };
        statements::set_aside(self.connection, row).await?;
        self.done.set_aside += 1;
        let message = format!("the journal refused the record: {error}");
        self.done.answers[place] = Err(RecordError { kind: ErrorKind::Internal, message });
        Ok(())
    }

    async fn settle(&mut self, settlement: &Settlement) -> Result<(), sqlx::Error> {
        for refusal in &settlement.refused {
            let (kind, id, error) = (refusal.kind, &refusal.id, &refusal.error);
            tracing::warn!(kind = kind.name(), %id, error, "set a row aside that Postgres refused");
            let row = SetAside { at: self.now, refused_by: "postgres", kind, id, error, record: None };
            statements::set_aside(self.connection, row).await?;
            self.done.set_aside += 1;
        }
        let edge = settlement.edge;
        let left = statements::settle(self.connection, edge.streams, edge.predictions).await?;
        self.done.settled += left + settlement.predictions;
        self.done.shipped += settlement.shipped;
        Ok(())
    }
}

/// The row of a prediction; `None` for what is about a stream.
fn record_row(record: &Record) -> Result<Option<PredictionColumns>, Misfit> {
    match record {
        Record::Utterance(answer) => PredictionColumns::try_from(answer).map(Some),
        Record::StreamOpened(_) | Record::StreamEnded(_) => Ok(None),
    }
}

impl From<Misfit> for Fault {
    fn from(misfit: Misfit) -> Self {
        Self::Refused(misfit.to_string())
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        // TOOBIG, CONSTRAINT and MISMATCH are about the row; everything else is about the file.
        match sqlite_code(&error) {
            Some(18..=20) => Self::Refused(error.to_string()),
            _ => Self::Broken(error),
        }
    }
}
