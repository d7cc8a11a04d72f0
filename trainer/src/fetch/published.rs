//! A data set that somebody publishes as a zip file.

use super::download::download;
use super::partial::{Partial, beside};
use super::{Md5, Transfer, Unpacked, unpacking};
use crate::TrainError;
use crate::dataset::{Speaker, read_clips};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The spoken clips of RAVDESS (Livingstone and Russo 2018): 1440 clips of 24 actors, 208,468,073 bytes, under the
/// licence CC BY-NC-SA 4.0. The record is <https://zenodo.org/records/1188976>.
pub const RAVDESS_URL: &str =
    "https://zenodo.org/records/1188976/files/Audio_Speech_Actors_01-24.zip?download=1";
/// The MD5 checksum that the record publishes for the file.
pub const RAVDESS_MD5: &str = "bc696df654c87fed845eb13823edef8a";
/// The file's name.
pub const RAVDESS_ARCHIVE: &str = "Audio_Speech_Actors_01-24.zip";
/// Clips are told by their names, or by this corpus of a list beside them.
const CORPUS: &str = "ravdess";

/// What to fetch, and where to.
#[derive(Debug, Clone)]
pub struct Published {
    /// Where it is published.
    pub url: String,
    /// The checksum published with it.
    pub checksum: Md5,
    /// The zip file's name on this machine.
    pub archive: String,
    /// Where the zip file and the clips in it come to lie; made when it is not there.
    pub folder: PathBuf,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Bytes come.
    Downloading(Transfer),
    /// The zip file is whole, and its checksum is right.
    Verified,
    /// So many entries of the zip file are done.
    Unpacking {
        /// Clips that are done.
        done: usize,
        /// Clips in all.
        total: usize,
    },
}

/// A data set that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fetched {
    /// Whether the zip file came over the network in this run.
    pub downloaded: bool,
    /// What unpacking did.
    pub unpacked: Unpacked,
    /// Clips that [`read_clips`] finds in the folder.
    pub clips: usize,
    /// Their speakers.
    pub speakers: usize,
}

impl Fetched {
    /// Whether everything was there before.
    pub fn nothing_to_do(&self) -> bool {
        !self.downloaded && self.unpacked.written == 0
    }
}

impl Published {
    /// Downloads, verifies and unpacks. What an earlier run left is taken up: a part of the download is
    /// continued, a whole zip file is verified only, and clips that are there as they should be are kept.
    ///
    /// Fails without unpacking anything when the checksum is another, and when a file in the folder differs
    /// from the clip that belongs there. A download with another checksum is kept under the ending
    /// `.refused`.
    pub fn fetch(&self, report: &mut dyn FnMut(Step)) -> Result<Fetched, TrainError> {
        fs::create_dir_all(&self.folder).map_err(TrainError::file("make", &self.folder))?;
        let archive = self.folder.join(&self.archive);
        let downloaded = !archive.is_file();
        if downloaded {
            self.download(&archive, report)?;
        } else {
            self.verify(&archive)?;
        }
        report(Step::Verified);
        let unpacked = unpacking::unpack(&archive, &self.folder, report)?;
        let clips = read_clips(&self.folder, CORPUS)?;
        let speakers: BTreeSet<&Speaker> = clips.iter().map(|clip| &clip.speaker).collect();
        Ok(Fetched { downloaded, unpacked, clips: clips.len(), speakers: speakers.len() })
    }

    fn download(&self, archive: &Path, report: &mut dyn FnMut(Step)) -> Result<(), TrainError> {
        let partial = Partial::of(archive);
        download(&self.url, &partial, &mut |transfer| report(Step::Downloading(transfer)))?;
        if let Err(error) = self.verify(partial.path()) {
            let TrainError::Checksum { expected, found, .. } = error else { return Err(error) };
            let refused = beside(archive, ".refused");
            partial.finish(&refused)?;
            return Err(TrainError::Checksum { path: refused, expected, found });
        }
        partial.finish(archive)
    }

    fn verify(&self, path: &Path) -> Result<(), TrainError> {
        let found = Md5::of_file(path)?;
        if found == self.checksum {
            return Ok(());
        }
        Err(TrainError::Checksum { path: path.to_owned(), expected: self.checksum, found })
    }
}
