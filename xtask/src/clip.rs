//! The clip that the demo recognises.

use std::path::{Path, PathBuf};

use crate::workspace::Workspace;

/// An actor speaks angrily, one of those whom the shipped models learnt from.
const SPOKEN: &str = "ravdess/Actor_02/03-01-05-02-01-01-02.flac";
const SYNTHETIC: &str = "examples/demo/undertone-demo.wav";

/// A clip and why it was taken.
pub(crate) struct Clip {
    pub(crate) path: PathBuf,
    pub(crate) reason: String,
}

/// Takes a real recording where the corpus is present, else the synthetic clip of the repository.
pub(crate) fn choose(workspace: &Workspace) -> Clip {
    let spoken = workspace.data().join(SPOKEN);
    if spoken.is_file() {
        let reason =
            "a RAVDESS recording: an actor who speaks angrily, one of those whom the shipped models learnt from".into();
        return Clip { path: normal(&spoken), reason };
    }
    let reason = format!(
        "synthetic speech, for RAVDESS was not found in {}; models are trained on people, so expect odd answers",
        workspace.data().display()
    );
    Clip { path: workspace.root.join(SYNTHETIC), reason }
}

/// Without the `..` of the default folder, where the system can say it.
fn normal(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}
