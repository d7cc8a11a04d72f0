//! The files of a new project: those of the examples, under another name.

use anyhow::Context;
use std::path::Path;

const HEADER: &str = include_str!("../../../../../crates/plugin-abi/include/undertone_plugin.h");
const C_SOURCE: &str = include_str!("../../../../../examples/energy/energy.c");
const C_README: &str = include_str!("c.md");
const RUST_MANIFEST: &str = include_str!("../../../../../examples/linear/Cargo.toml");
const RUST_SOURCE: &str = include_str!("../../../../../examples/linear/src/lib.rs");
const RUST_README: &str = include_str!("rust.md");
const BUNDLE_MANIFEST: &str = include_str!("../../../../../examples/linear/bundle/bundle.toml");
const BUNDLE_CARD: &str = include_str!("../../../../../examples/linear/bundle/card.md");
const BUNDLE_WEIGHTS: &str = include_str!("../../../../../examples/linear/bundle/weights.json");
/// How the example's manifest names the kit.
const SDK_PATH: &str = "\"../../crates/plugin-sdk\"";

/// A project that is not written yet.
#[derive(Debug)]
pub(super) struct Project {
    /// Path below the project's folder, and text.
    pub(super) files: Vec<(String, String)>,
    /// The folder of its bundle.
    pub(super) bundle: Option<&'static str>,
}

impl Project {
    /// An extractor in one C file, with the header beside it.
    pub(super) fn c(name: &str) -> Self {
        let source = C_SOURCE
            .replace("plugin_energy.so energy.c", &format!("plugin_{name}.so {name}.c"))
            .replace("\"energy\"", &format!("\"{name}\""));
        let files = vec![
            (format!("{name}.c"), source),
            ("undertone_plugin.h".to_owned(), HEADER.to_owned()),
            ("README.md".to_owned(), C_README.replace("NAME", name)),
            (".gitignore".to_owned(), "*.so\n".to_owned()),
        ];
        Self { files, bundle: None }
    }

    /// A classifier crate that is built with the kit at `sdk`, and a bundle for it.
    pub(super) fn rust(name: &str, sdk: &Path) -> anyhow::Result<Self> {
        let sdk = sdk.to_str().with_context(|| format!("{} is not UTF-8", sdk.display()))?;
        let named = |text: &str| {
            text.replace("\"linear\"", &format!("\"{name}\""))
                .replace("plugin_linear", &format!("plugin_{name}"))
                .replace("undertone-plugin-linear", &format!("undertone-plugin-{name}"))
        };
        let manifest = named(RUST_MANIFEST).replace(SDK_PATH, &serde_json::Value::from(sdk).to_string());
        let files = vec![
            // A workspace of its own, wherever the project lies.
            ("Cargo.toml".to_owned(), format!("{manifest}\n[workspace]\n")),
            ("src/lib.rs".to_owned(), named(RUST_SOURCE)),
            ("bundle/bundle.toml".to_owned(), named(BUNDLE_MANIFEST)),
            ("bundle/card.md".to_owned(), BUNDLE_CARD.to_owned()),
            ("bundle/weights.json".to_owned(), BUNDLE_WEIGHTS.to_owned()),
            ("README.md".to_owned(), RUST_README.replace("NAME", name)),
            (".gitignore".to_owned(), "/target\n".to_owned()),
        ];
        Ok(Self { files, bundle: Some("bundle") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_examples_names_is_left() {
        let rust = Project::rust("mood", Path::new("/kit")).unwrap();
        for (path, text) in Project::c("loudness").files.iter().chain(&rust.files) {
            let code = path.ends_with(".c") || path.ends_with(".rs") || path.ends_with(".toml");
            let left = [
                "\"energy\"",
                "energy.so",
                "energy.c",
                "\"linear\"",
                "plugin_linear",
                "plugin-linear",
                "../../",
            ];
            assert!(!code || left.iter().all(|left| !text.contains(left)), "{path}");
        }
    }
}
