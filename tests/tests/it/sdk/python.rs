//! The Python client: built into a wheel, installed, and put through its own suite.

use super::{assignment, only_file, provided, succeed};
use std::process::Command;
use tempfile::TempDir;
use undertone_tests::{repository, stage};

#[test]
fn the_python_client_passes_its_own_suite_as_it_is_installed() {
    let Some(python) = provided("UNDERTONE_SDK_PYTHON") else { return };
    let folder = TempDir::new().unwrap();
    let (dist, site) = (folder.path().join("dist"), folder.path().join("site"));
    let project = repository().canonicalize().unwrap().join("sdk/python");
    let pip = |arguments: &[&str]| {
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]).args(arguments);
        pip
    };
    succeed(pip(&["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir"]).arg(&dist).arg(&project));
    let wheel = only_file(&dist);
    succeed(pip(&["install", "--no-deps", "--target"]).arg(&site).arg(&wheel));

    let mut suite = Command::new(&python);
    // A test that hangs is told with where it is, before this one is stopped without a word.
    suite.args(["-m", "pytest", "-p", "no:cacheprovider", "-o", "faulthandler_timeout=240"]);
    suite.args(["-o", "faulthandler_exit_on_timeout=true"]).arg(&project);
    suite.current_dir(folder.path()).env("PYTHONPATH", &site).env("PYTHONDONTWRITEBYTECODE", "1");
    suite.env("UNDERTONE_STAGE", stage().unwrap()).env("UNDERTONE_WHEEL", &wheel);
    suite.env("UNDERTONE_ASSIGNMENTS", assignment::written(folder.path()));
    succeed(&mut suite);
}
