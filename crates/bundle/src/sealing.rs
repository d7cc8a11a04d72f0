//! Writing the checksums of a bundle that somebody put together by hand.

use crate::bundle::{MANIFEST_FILE, read_manifest};
use crate::files::list_files;
use crate::{Bundle, BundleError, Checksum, Mistake};
use std::fs::{self, File};
use std::io;
use std::path::Path;

const SECTION: &str = "[files]";

impl Bundle {
    /// Writes the checksum of every file in `dir` into the manifest there, whose section `[files]` stands last or is not
    /// there yet, and opens the bundle. Everything else in the manifest stays as it is, comments too.
    ///
    /// # Errors
    /// As [`Bundle::open`]; the manifest is sealed then, too, unless it or a file cannot be read or written.
    pub fn seal(dir: &Path) -> Result<Self, BundleError> {
        let read =
            |file: &str, source| BundleError::Read { dir: dir.to_owned(), file: file.to_owned(), source };
        let text = read_manifest(dir).map_err(|source| read(MANIFEST_FILE, source))?;
        let mut sums = Vec::new();
        for file in list_files(dir).map_err(|source| read(".", source))? {
            let sum = File::open(dir.join(&file)).and_then(Checksum::of_reader);
            sums.push((file.clone(), sum.map_err(|source| read(&file, source))?));
        }
        let sealed = sealed(&text, &sums).map_err(|what| BundleError::Invalid {
            dir: dir.to_owned(),
            mistakes: vec![Mistake { file: MANIFEST_FILE.to_owned(), what }],
        })?;
        replace(&dir.join(MANIFEST_FILE), &sealed).map_err(|source| BundleError::Write {
            dir: dir.to_owned(),
            file: MANIFEST_FILE.to_owned(),
            source,
        })?;
        Self::open(dir)
    }
}

/// The manifest with another section of checksums.
fn sealed(text: &str, sums: &[(String, Checksum)]) -> Result<String, String> {
    let section = text.lines().position(|line| line.trim() == SECTION);
    let kept: Vec<&str> = text.lines().take(section.unwrap_or(usize::MAX)).collect();
    let mut behind = text.lines().skip(kept.len() + 1).map(str::trim);
    if let Some(other) = behind.find(|line| line.starts_with('[')) {
        return Err(format!("{other} stands behind {SECTION}, which must be the last section"));
    }
    let mut sealed = kept.join("\n").trim_end().to_owned();
    sealed.push_str(&format!("\n\n{SECTION}\n"));
    for (path, sum) in sums {
        let (path, sum) = (toml::Value::from(path.as_str()), toml::Value::from(sum.to_string()));
        sealed.push_str(&format!("{path} = {sum}\n"));
    }
    Ok(sealed)
}

/// The file is the old one or the new one, never a part.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, text)?;
    fs::rename(&unfinished, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_checksums_change() {
        let sums = [("a \"b\".json".to_owned(), Checksum::of(b"x"))];
        let text = "# kept\nname = \"m\"\n\n# also kept\n[files]\n\"old\" = \"sum\"\n";
        let sealed = sealed(text, &sums).expect("the section stands last");
        assert!(sealed.starts_with("# kept\nname = \"m\"\n\n# also kept\n\n[files]\n"), "{sealed}");
        assert!(!sealed.contains("old"), "{sealed}");
        let table: toml::Table = toml::from_str(&sealed).expect("TOML");
        assert_eq!(table["files"]["a \"b\".json"].as_str(), Some(sums[0].1.to_string().as_str()));
    }

    #[test]
    fn a_section_behind_the_checksums_is_never_lost() {
        let refused = sealed("[files]\n[training]\nseed = 1\n", &[]).expect_err("it would be lost");
        assert!(refused.contains("[training]"), "{refused}");
    }
}
