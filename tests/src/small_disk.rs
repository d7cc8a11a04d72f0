//! A disk that can be full, or read-only.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system of its own, gone on drop.
#[derive(Debug)]
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// One in `folder`. None, loudly, where the test may not mount one.
    pub fn mount(folder: &Path) -> Option<Self> {
        let place = folder.join("disk");
        std::fs::create_dir(&place).expect("the folder is new");
        let disk = Self(place);
        if disk.mounts("size=16m") {
            return Some(disk);
        }
        eprintln!("SKIPPED: this user may not mount a tmpfs; a full or read-only disk is not tested");
        None
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Takes all the room there is.
    pub fn fill(&self) {
        let mut filler =
            std::fs::File::create(self.0.join("filler")).expect("a file without anything in it fits");
        while filler.write_all(&[0; 4096]).is_ok() {}
    }

    /// Gives it back.
    pub fn free(&self) {
        std::fs::remove_file(self.0.join("filler")).expect("it was filled");
    }

    /// Lets nobody write any more; nobody may have a file open to write.
    pub fn make_read_only(&self) {
        assert!(self.mounts("remount,ro"), "nobody has a file open");
    }

    fn mounts(&self, options: &str) -> bool {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "undertone-test"]).arg(&self.0);
        mount.status().is_ok_and(|status| status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, since a killed server may not be gone yet.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
