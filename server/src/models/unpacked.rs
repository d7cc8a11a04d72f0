//! Folders that archives are unpacked to, and those that a server left which was killed.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

const PREFIX: &str = "undertone-unpacked-";
/// One that is younger may not be locked yet by whoever makes it.
const YOUNG: Duration = Duration::from_secs(60);

/// A folder that an archive is unpacked to. It is removed with this, and locked until then, so that others see whose it is.
#[derive(Debug)]
pub(crate) struct Unpacked {
    folder: TempDir,
    _lock: Option<File>,
}

impl Unpacked {
    /// A new, empty folder below `dir`.
    pub(super) fn make(dir: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(dir)?;
        // Where the file system has no locks for folders, nobody else gets one either, and nothing is swept.
        let lock = File::open(folder.path()).ok().filter(|lock| lock.lock().is_ok());
        Ok(Self { folder, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders below `dir` whose server is not there any more; gives how many. What cannot be looked at stays.
pub(super) fn sweep(dir: &Path) -> usize {
    let folders = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let left = folders.filter(|folder| folder.file_name().to_string_lossy().starts_with(PREFIX));
    left.filter(|folder| remove_if_left(&folder.path()).unwrap_or(false)).count()
}

fn remove_if_left(folder: &Path) -> io::Result<bool> {
    let about = folder.symlink_metadata()?;
    let age = SystemTime::now().duration_since(about.modified()?).unwrap_or_default();
    if !about.is_dir() || age < YOUNG {
        return Ok(false);
    }
    let lock = File::open(folder)?;
    match lock.try_lock() {
        Ok(()) => std::fs::remove_dir_all(folder).map(|()| true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of that name, as old as that, with a file in it.
    fn put(dir: &Path, name: &str, age: Duration) {
        let folder = dir.join(name);
        std::fs::create_dir(&folder).expect("writable");
        std::fs::write(folder.join("bundle.toml"), "").expect("writable");
        grow_old(&folder, age);
    }

    fn grow_old(folder: &Path, age: Duration) {
        let changed = SystemTime::now() - age;
        File::open(folder).expect("there").set_modified(changed).expect("ours");
    }

    #[test]
    fn only_old_folders_that_no_server_holds_are_swept() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let held = Unpacked::make(dir.path()).expect("writable");
        grow_old(held.path(), 2 * YOUNG);
        put(dir.path(), "undertone-unpacked-left", 2 * YOUNG);
        put(dir.path(), "undertone-unpacked-young", YOUNG / 2);
        put(dir.path(), "of-somebody-else", 2 * YOUNG);
        std::fs::write(dir.path().join("undertone-unpacked-file"), "").expect("writable");
        assert_eq!(sweep(dir.path()), 1);
        assert!(!dir.path().join("undertone-unpacked-left").exists());
        let kept = ["undertone-unpacked-young", "of-somebody-else", "undertone-unpacked-file"];
        assert!(held.path().exists() && kept.iter().all(|name| dir.path().join(name).exists()));
        let path = held.path().to_owned();
        drop(held);
        assert!(!path.exists(), "one that is let go of needs nobody to sweep it");
    }

    #[test]
    fn a_folder_that_is_not_there_has_nothing_to_sweep() {
        assert_eq!(sweep(Path::new("/nowhere/at/all")), 0);
    }
}
