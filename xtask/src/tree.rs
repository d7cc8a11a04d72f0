//! Folders that mirror files built or kept elsewhere. Only what differs is written.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Makes `folder` hold exactly `files`, each under its own name.
pub(crate) fn hold(folder: &Path, files: &[PathBuf]) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    let mut kept = BTreeSet::new();
    for file in files {
        let name = file.file_name().with_context(|| format!("{} has no file name", file.display()))?;
        place(file, &folder.join(name))?;
        kept.insert(name.to_owned());
    }
    remove_others(folder, &kept)
}

/// Makes `to` an equal of `from`, folders and symbolic links included. A `from` that does not exist counts as an empty folder.
pub(crate) fn mirror(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("create {}", to.display()))?;
    let mut kept = BTreeSet::new();
    for (name, path) in entries(from)? {
        let target = to.join(&name);
        if let Ok(destination) = fs::read_link(&path) {
            link(&destination, &target)?;
        } else if path.is_dir() {
            mirror(&path, &target)?;
        } else {
            place(&path, &target)?;
        }
        kept.insert(name);
    }
    remove_others(to, &kept)
}

/// Copies one file unless the copy is already there. The copy takes the original's modification time, which is how the next
/// run knows it; and it appears whole by a rename, so a program that runs from the old file is not disturbed.
pub(crate) fn place(from: &Path, to: &Path) -> Result<()> {
    let original = fs::metadata(from).with_context(|| format!("{} is missing", from.display()))?;
    if fs::symlink_metadata(to).is_ok_and(|copy| is_copy(&original, &copy)) {
        return Ok(());
    }
    let partial = to.with_extension(format!("partial-{}", std::process::id()));
    copy(from, &partial, &original)
        .and_then(|()| fs::rename(&partial, to))
        .with_context(|| format!("copy {} to {}", from.display(), to.display()))
}

/// Makes `link` a symbolic link to `destination`.
pub(crate) fn link(destination: &Path, link: &Path) -> Result<()> {
    if fs::read_link(link).is_ok_and(|old| old == destination) {
        return Ok(());
    }
    if fs::symlink_metadata(link).is_ok() {
        fs::remove_file(link).with_context(|| format!("remove {}", link.display()))?;
    }
    symlink(destination, link).with_context(|| format!("link {}", link.display()))
}

fn is_copy(original: &Metadata, copy: &Metadata) -> bool {
    let times = (original.modified().ok(), copy.modified().ok());
    copy.is_file() && original.len() == copy.len() && times.0.is_some() && times.0 == times.1
}

fn copy(from: &Path, to: &Path, original: &Metadata) -> io::Result<()> {
    fs::copy(from, to)?;
    File::options().append(true).open(to)?.set_modified(original.modified()?)
}

fn remove_others(folder: &Path, kept: &BTreeSet<OsString>) -> Result<()> {
    for (_, path) in entries(folder)?.into_iter().filter(|(name, _)| !kept.contains(name)) {
        let removed = if path.is_dir() && !path.is_symlink() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        removed.with_context(|| format!("remove {}", path.display()))?;
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<(OsString, PathBuf)>> {
    match fs::read_dir(folder) {
        Ok(entries) => {
            let entries = entries
                .collect::<io::Result<Vec<_>>>()
                .with_context(|| format!("read {}", folder.display()))?;
            Ok(entries.iter().map(|entry| (entry.file_name(), entry.path())).collect())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("read {}", folder.display())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn inode(path: &Path) -> u64 {
        fs::metadata(path).unwrap().ino()
    }

    #[test]
    fn a_mirror_gains_what_is_new_and_loses_what_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("cnn/1")).unwrap();
        fs::write(from.join("cnn/1/bundle.toml"), "one").unwrap();
        symlink("1", from.join("cnn/latest")).unwrap();
        fs::create_dir_all(to.join("lstm/1")).unwrap();

        mirror(&from, &to).unwrap();

        assert_eq!(fs::read_to_string(to.join("cnn/1/bundle.toml")).unwrap(), "one");
        assert_eq!(fs::read_link(to.join("cnn/latest")).unwrap(), Path::new("1"));
        assert!(!to.join("lstm").exists());
    }

    #[test]
    fn a_copy_that_is_current_is_left_alone_and_a_changed_one_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::write(&from, "one").unwrap();
        place(&from, &to).unwrap();
        let first = inode(&to);
        place(&from, &to).unwrap();
        assert_eq!(inode(&to), first);

        let open = File::open(&to).unwrap();
        fs::write(&from, "three").unwrap();
        place(&from, &to).unwrap();
        assert_eq!(io::read_to_string(open).unwrap(), "one");
        assert_eq!(fs::read_to_string(&to).unwrap(), "three");
    }

    #[test]
    fn a_folder_holds_exactly_the_files_it_is_given() {
        let folder = tempfile::tempdir().unwrap();
        let (file, target) = (folder.path().join("undertone"), folder.path().join("bin"));
        fs::write(&file, "x").unwrap();
        fs::create_dir(&target).unwrap();
        fs::write(target.join("old"), "x").unwrap();

        hold(&target, &[file]).unwrap();

        assert_eq!(entries(&target).unwrap().len(), 1);
        assert!(target.join("undertone").is_file());
    }
}
