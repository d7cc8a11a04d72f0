//! Fetching a published data set: download, checksum, unpacking.

mod checksum;
mod download;
mod partial;
mod published;
mod transfer;
mod unpacking;

pub use checksum::Md5;
pub use published::{Fetched, Published, RAVDESS_ARCHIVE, RAVDESS_MD5, RAVDESS_URL, Step};
pub use transfer::Transfer;
pub use unpacking::Unpacked;
