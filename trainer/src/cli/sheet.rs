//! What must be said about the data.

use anyhow::bail;
use clap::Args;
use std::path::Path;
use undertone_trainer::DataSheet;
use undertone_trainer::protocol::are_listed;

/// What card and report say about the data; RAVDESS when nothing is given.
#[derive(Debug, Args)]
#[command(next_help_heading = "Data sheet")]
pub(super) struct SheetArguments {
    /// Name of the data set.
    #[arg(long, requires_all = ["licence", "citation"])]
    dataset: Option<String>,
    /// Licence of data and weights.
    #[arg(long, requires = "dataset")]
    licence: Option<String>,
    /// How to cite the data.
    #[arg(long, requires = "dataset")]
    citation: Option<String>,
    /// What the clips are like: who speaks, what, where.
    #[arg(long, requires = "dataset")]
    about: Option<String>,
}

impl SheetArguments {
    /// What is told about the data, else what is `known`; fails where nothing is known of what lies at `place`.
    pub(super) fn read(&self, known: Option<DataSheet>, place: &Path) -> anyhow::Result<DataSheet> {
        match (&self.dataset, &self.licence, &self.citation) {
            (Some(dataset), Some(licence), Some(citation)) => Ok(DataSheet {
                dataset: dataset.clone(),
                licence: licence.clone(),
                citation: citation.clone(),
                about: self.about.clone(),
            }),
            _ => match known {
                Some(known) => Ok(known),
                None => bail!(
                    "nothing is known about the clips of {}: give --dataset, --licence and --citation",
                    place.display()
                ),
            },
        }
    }
}

/// What is known about clips of these names without being told: RAVDESS is, if all are its.
pub(super) fn known_sheet<'n>(clips: impl Iterator<Item = &'n str>) -> anyhow::Result<Option<DataSheet>> {
    Ok(are_listed(clips)?.then(DataSheet::ravdess))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: SheetArguments,
    }

    fn sheet_of(known: Option<DataSheet>, arguments: &[&str]) -> anyhow::Result<DataSheet> {
        let line =
            Line::try_parse_from(std::iter::once(&"train").chain(arguments)).expect("a good command line");
        line.arguments.read(known, Path::new("mine"))
    }

    #[test]
    fn clips_of_ravdess_are_known_and_others_are_not() {
        let known = |names: &[&str]| known_sheet(names.iter().copied()).expect("a good list");
        assert_eq!(known(&["03-01-03-01-02-01-07"]), Some(DataSheet::ravdess()));
        assert_eq!(known(&["03-01-03-01-02-01-07", "03a01Fa"]), None);
    }

    #[test]
    fn data_other_than_ravdess_need_a_data_sheet_of_its_own() {
        assert!(sheet_of(Some(DataSheet::ravdess()), &[]).is_ok());
        assert!(sheet_of(None, &[]).is_err());
        let told = ["--dataset", "Mine", "--licence", "CC0", "--citation", "none"];
        for known in [None, Some(DataSheet::ravdess())] {
            assert_eq!(sheet_of(known, &told).expect("told").dataset, "Mine");
        }
    }
}
