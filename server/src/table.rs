//! Rows as Parquet, column by column.

use anyhow::{Context, Result};
use parquet::data_type::{ByteArray, ByteArrayType, DataType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::io::Write;
use std::sync::Arc;

/// A file that is being written: one row group for each page of rows.
pub(crate) struct Table<W: Write + Send>(SerializedFileWriter<W>);

/// A page of rows that is being written. Its columns come in the order of the schema.
pub(crate) struct Page<'t, 'r, W: Write + Send, Row> {
    group: SerializedRowGroupWriter<'t, W>,
    rows: &'r [Row],
}

impl<W: Write + Send> Table<W> {
    /// A file of this `schema`, as Parquet's message types are spelled.
    pub(crate) fn create(out: W, schema: &str) -> Result<Self> {
        let schema = Arc::new(parse_message_type(schema).context("the schema stands in the program")?);
        Ok(Self(SerializedFileWriter::new(out, schema, Arc::new(WriterProperties::builder().build()))?))
    }

    pub(crate) fn page<'r, Row>(&mut self, rows: &'r [Row]) -> Result<Page<'_, 'r, W, Row>> {
        Ok(Page { group: self.0.next_row_group()?, rows })
    }

    pub(crate) fn finish(self) -> Result<()> {
        self.0.close()?;
        Ok(())
    }
}

impl<W: Write + Send, Row> Page<'_, '_, W, Row> {
    /// A value of every row.
    pub(crate) fn plain<T: DataType>(&mut self, of: impl Fn(&Row) -> T::T) -> Result<()> {
        let values: Vec<T::T> = self.rows.iter().map(of).collect();
        self.column::<T>(&values, (None, None))
    }

    /// A text of every row.
    pub(crate) fn texts(&mut self, of: impl Fn(&Row) -> String) -> Result<()> {
        self.plain::<ByteArrayType>(|row| ByteArray::from(of(row).into_bytes()))
    }

    /// A value that a row may lack: level 0 says so.
    pub(crate) fn optional<T: DataType>(&mut self, of: impl Fn(&Row) -> Option<T::T>) -> Result<()> {
        let found: Vec<Option<T::T>> = self.rows.iter().map(of).collect();
        let levels: Vec<i16> = found.iter().map(|value| i16::from(value.is_some())).collect();
        let values: Vec<T::T> = found.into_iter().flatten().collect();
        self.column::<T>(&values, (Some(&levels), None))
    }

    /// A text that a row may lack.
    pub(crate) fn optional_texts(&mut self, of: impl Fn(&Row) -> Option<&str>) -> Result<()> {
        self.optional::<ByteArrayType>(|row| of(row).map(ByteArray::from))
    }

    /// Texts of every row.
    pub(crate) fn text_lists(&mut self, of: impl Fn(&Row) -> Vec<&str>) -> Result<()> {
        self.lists::<ByteArrayType>(|row| of(row).into_iter().map(ByteArray::from).collect())
    }

    /// Values of every row. The first of a row's values has repetition level 0, those behind it 1; a row without values has
    /// one entry of definition level 0.
    pub(crate) fn lists<T: DataType>(&mut self, of: impl Fn(&Row) -> Vec<T::T>) -> Result<()> {
        let (mut values, mut defined, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
        for row in self.rows {
            let own = of(row);
            defined.extend(std::iter::repeat_n(i16::from(!own.is_empty()), own.len().max(1)));
            repeated.push(0);
            repeated.extend(std::iter::repeat_n(1, own.len().saturating_sub(1)));
            values.extend(own);
        }
        self.column::<T>(&values, (Some(&defined), Some(&repeated)))
    }

    /// The page is whole.
    pub(crate) fn close(self) -> Result<()> {
        self.group.close()?;
        Ok(())
    }

    fn column<T: DataType>(
        &mut self,
        values: &[T::T],
        (defined, repeated): (Option<&[i16]>, Option<&[i16]>),
    ) -> Result<()> {
        let mut column = self.group.next_column()?.context("the schema has this column")?;
        column.typed::<T>().write_batch(values, defined, repeated)?;
        column.close()?;
        Ok(())
    }
}
