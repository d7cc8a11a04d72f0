//! The TypeScript client: generated, type-checked, compiled, and put through its own suite over gRPC and over WebSockets.

use super::{assignment, provided, succeed};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use undertone_tests::{copy_tree, repository, stage};

/// What is copied of the project; the rest is made.
const SOURCES: [&str; 4] = ["package.json", "buf.gen.yaml", "tsconfig.json", "package-lock.json"];

#[test]
fn the_typescript_client_passes_its_own_suite_as_it_is_built() {
    let Some(modules) = provided("UNDERTONE_SDK_NODE_MODULES") else { return };
    let folder = TempDir::new().unwrap();
    let project = folder.path().join("sdk/typescript");
    copy_project(&project);
    copy_tree(&repository().join("proto"), &folder.path().join("proto")).unwrap();
    std::os::unix::fs::symlink(modules, project.join("node_modules")).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&project);
        command
    };
    succeed(&mut run("npm", &["run", "build"]));
    let mut suite = run("node", &["--test", "--test-reporter=spec", "--test-concurrency=1", "test/"]);
    suite
        .env("UNDERTONE_STAGE", stage().unwrap())
        .env("UNDERTONE_ROOT", repository().canonicalize().unwrap());
    suite.env("UNDERTONE_ASSIGNMENTS", assignment::written(folder.path()));
    succeed(&mut suite);
}

fn copy_project(project: &Path) {
    let source = repository().join("sdk/typescript");
    for folder in ["src", "test"] {
        copy_tree(&source.join(folder), &project.join(folder)).unwrap();
    }
    // What a developer has generated there is made anew.
    let _ = std::fs::remove_dir_all(project.join("src/generated"));
    for file in SOURCES {
        std::fs::copy(source.join(file), project.join(file)).unwrap();
    }
}
