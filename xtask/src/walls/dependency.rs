//! Which package may depend on what.

use std::path::Path;

use super::Violation;
use crate::workspace::Workspace;

/// A package that depends on few other members.
struct Ground {
    folder: &'static str,
    allowed: &'static [&'static str],
    reason: &'static str,
}

const GROUND: [Ground; 3] = [
    Ground { folder: "crates/core", allowed: &[], reason: "it depends on no other package of the workspace" },
    Ground {
        folder: "crates/plugin-abi",
        allowed: &[],
        reason: "it depends on no other package of the workspace",
    },
    Ground {
        folder: "crates/experiments",
        allowed: &["undertone-core"],
        reason: "of the workspace it depends on core alone",
    },
];

/// A library that only some folders may depend on.
struct Reserved {
    library: &'static str,
    folders: &'static [&'static str],
    reason: &'static str,
}

const RESERVED: [Reserved; 6] = [
    Reserved { library: "sqlx", folders: &["crates/store", "tests"], reason: "only store has SQL" },
    Reserved {
        library: "libloading",
        folders: &["crates/plugin-host"],
        reason: "only plugin-host loads libraries",
    },
    Reserved { library: "faer", folders: &["trainer"], reason: "only the trainer pays for matrix products" },
    Reserved {
        library: "ort",
        folders: &["plugins"],
        reason: "models run in plugins, the server links none of them",
    },
    Reserved {
        library: "tract-onnx",
        folders: &["plugins"],
        reason: "models run in plugins, the server links none of them",
    },
    Reserved {
        library: "tonic",
        folders: &["proto", "server", "sdk", "tests", "benches"],
        reason: "only the server and its clients speak gRPC",
    },
];

pub(super) fn violations(workspace: &Workspace) -> Vec<Violation> {
    let members: Vec<&str> = workspace.members.iter().map(|member| member.name.as_str()).collect();
    let mut violations = Vec::new();
    for member in &workspace.members {
        let manifest = member.manifest_path.strip_prefix(&workspace.root).unwrap_or(&member.manifest_path);
        let dependencies: Vec<&str> =
            member.dependencies.iter().map(|dependency| dependency.name.as_str()).collect();
        violations.extend(of_package(manifest, &dependencies, &members));
    }
    violations
}

/// The walls that one package's dependencies cross; `manifest` is below the root, `members` are the names of the workspace's packages.
fn of_package(manifest: &Path, dependencies: &[&str], members: &[&str]) -> Vec<Violation> {
    let ground = GROUND.iter().find(|ground| manifest.starts_with(ground.folder));
    let broken = |dependency: &str| {
        let member =
            ground.filter(|ground| members.contains(&dependency) && !ground.allowed.contains(&dependency));
        if let Some(ground) = member {
            return Some(ground.reason);
        }
        let reserved = RESERVED.iter().find(|reserved| reserved.library == dependency)?;
        let allowed = reserved.folders.iter().any(|folder| manifest.starts_with(folder));
        (!allowed).then_some(reserved.reason)
    };
    let violation = |dependency: &&str| {
        let reason = broken(dependency)?;
        Some(Violation {
            file: manifest.to_path_buf(),
            sentence: format!("depends on {dependency}, but {reason}"),
        })
    };
    dependencies.iter().filter_map(violation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(manifest: &str, dependencies: &[&str]) -> Vec<String> {
        let violations =
            of_package(Path::new(manifest), dependencies, &["undertone-core", "undertone-audio"]);
        violations.into_iter().map(|violation| violation.sentence).collect()
    }

    #[test]
    fn core_depends_on_no_other_member() {
        assert_eq!(
            sentences("crates/core/Cargo.toml", &["serde", "undertone-audio"]),
            ["depends on undertone-audio, but it depends on no other package of the workspace"]
        );
    }

    #[test]
    fn experiments_depend_on_core_alone() {
        assert_eq!(
            sentences("crates/experiments/Cargo.toml", &["undertone-core", "undertone-audio", "sqlx"]),
            [
                "depends on undertone-audio, but of the workspace it depends on core alone",
                "depends on sqlx, but only store has SQL"
            ]
        );
    }

    #[test]
    fn other_members_may_depend_on_core() {
        assert!(sentences("crates/engine/Cargo.toml", &["undertone-core"]).is_empty());
    }

    #[test]
    fn only_store_and_the_tests_depend_on_sqlx() {
        assert!(sentences("crates/store/Cargo.toml", &["sqlx"]).is_empty());
        assert!(sentences("tests/Cargo.toml", &["sqlx"]).is_empty());
        assert_eq!(sentences("server/Cargo.toml", &["sqlx"]), ["depends on sqlx, but only store has SQL"]);
    }

    #[test]
    fn the_engine_knows_no_grpc_and_loads_nothing() {
        assert_eq!(sentences("crates/engine/Cargo.toml", &["tonic", "libloading", "ort", "faer"]).len(), 4);
    }

    #[test]
    fn a_folder_whose_name_begins_alike_is_not_the_folder() {
        assert_eq!(sentences("crates/store-tools/Cargo.toml", &["sqlx"]).len(), 1);
    }
}
