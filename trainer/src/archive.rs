//! Named arrays in one file, in the safetensors format: 8 bytes of header length, a JSON header,
//! little-endian values.

use crate::TrainError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use undertone_bundle::Checksum;

const METADATA: &str = "__metadata__";

/// Named f32 arrays with textual notes.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Archive {
    /// Notes by name.
    pub(crate) notes: BTreeMap<String, String>,
    /// Shape and values by name.
    pub(crate) arrays: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

impl Archive {
    /// Writes the file whole or not at all, also when other processes write it at the same time.
    pub(crate) fn write(&self, path: &Path) -> Result<(), TrainError> {
        let unfinished = path.with_extension(format!("{}.unfinished", std::process::id()));
        fs::write(&unfinished, self.encode()).map_err(TrainError::file("write", &unfinished))?;
        fs::rename(&unfinished, path).map_err(TrainError::file("rename to", path))
    }

    /// Reads what [`Self::write`] wrote; refuses anything else.
    pub(crate) fn read(path: &Path) -> Result<Self, TrainError> {
        let bytes = fs::read(path).map_err(TrainError::file("read", path))?;
        Self::decode(&bytes).ok_or_else(|| TrainError::Archive { path: path.to_owned() })
    }

    /// Digest of all values with their names and shapes.
    pub(crate) fn checksum(&self) -> String {
        let mut bytes = Vec::new();
        for (name, (shape, values)) in &self.arrays {
            bytes.extend(format!("{name} {shape:?}").into_bytes());
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
        Checksum::of(&bytes).to_string()
    }

    fn encode(&self) -> Vec<u8> {
        let mut header = BTreeMap::new();
        let notes = serde_json::to_value(&self.notes).expect("text is JSON");
        header.insert(METADATA.to_owned(), notes);
        let mut end = 0;
        for (name, (shape, values)) in &self.arrays {
            let start = end;
            end += 4 * values.len();
            let entry = Entry { dtype: "F32".into(), shape: shape.clone(), data_offsets: [start, end] };
            header.insert(name.clone(), serde_json::to_value(entry).expect("numbers and text are JSON"));
        }
        let header = serde_json::to_vec(&header).expect("a map of JSON values is JSON");
        let mut bytes = Vec::with_capacity(8 + header.len() + end);
        bytes.extend((header.len() as u64).to_le_bytes());
        bytes.extend(header);
        for (_, values) in self.arrays.values() {
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (header, data) = rest.split_at_checked(length)?;
        let mut header: BTreeMap<String, serde_json::Value> = serde_json::from_slice(header).ok()?;
        let notes = serde_json::from_value(header.remove(METADATA)?).ok()?;
        let array = |(name, entry)| {
            let entry: Entry = serde_json::from_value(entry).ok()?;
            let [start, end] = entry.data_offsets;
            let values: Vec<f32> =
                data.get(start..end)?.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
            let fits = entry.dtype == "F32" && entry.shape.iter().product::<usize>() == values.len();
            fits.then_some((name, (entry.shape, values)))
        };
        let arrays = header.into_iter().map(array).collect::<Option<_>>()?;
        Some(Self { notes, arrays })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_a_cut_file_is_refused() {
        let mut archive = Archive::default();
        archive.notes.insert("epoch".into(), "3".into());
        archive.arrays.insert("weight".into(), (vec![2, 2], vec![1.0, -2.5, 0.0, 1e-9]));
        archive.arrays.insert("empty".into(), (vec![0, 4], vec![]));
        let bytes = archive.encode();
        assert_eq!(Archive::decode(&bytes), Some(archive));
        for length in 0..bytes.len() {
            assert_eq!(Archive::decode(&bytes[..length]), None, "{length} bytes");
        }
    }
}
