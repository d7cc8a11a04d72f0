//! The list of functions in `docs/plugin-abi.md`, from the comments of the C header.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::artifact::Artifact;

const PAGE: &str = "docs/plugin-abi.md";
const BEGIN: &str = "<!-- Functions: generated from crates/plugin-abi by `cargo xtask codegen`. -->\n";
const END: &str = "<!-- End of the functions. -->\n";
/// What the comment of every function says, in this order.
const HEADINGS: [&str; 6] = ["Purpose", "Threads", "State", "Ownership", "Lifetime", "Errors"];

/// Puts the functions of `header` in their place in the page.
pub(crate) fn generate(root: &Path, header: &[u8]) -> Result<Artifact> {
    let page = fs::read_to_string(root.join(PAGE)).with_context(|| format!("read {PAGE}"))?;
    let header = str::from_utf8(header).context("the header is text")?;
    let (before, rest) = page.split_once(BEGIN).with_context(|| format!("{PAGE} misses {BEGIN}"))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("{PAGE} misses {END}"))?;
    let contents = format!("{before}{BEGIN}{}\n{END}{after}", functions(header)?);
    Ok(Artifact { path: PathBuf::from(PAGE), contents: contents.into_bytes() })
}

/// A section for every function of every table.
fn functions(header: &str) -> Result<String> {
    let (mut table, mut comment) = (String::new(), Vec::new());
    let mut sections = String::new();
    let mut lines = header.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if let Some(text) = line.strip_prefix("//") {
            comment.push(text.trim());
            continue;
        }
        if let Some(name) = line.strip_prefix("typedef struct ").and_then(|rest| rest.strip_suffix(" {")) {
            name.clone_into(&mut table);
        } else if line.contains("(*") {
            let mut declaration = vec![line];
            while !declaration.last().is_some_and(|last| last.ends_with(';')) {
                declaration.push(lines.next().context("a declaration ends with a semicolon")?);
            }
            sections.push_str(&section(&table, &declaration.join(" "), &comment)?);
        }
        comment.clear();
    }
    Ok(sections)
}

fn section(table: &str, declaration: &str, comment: &[&str]) -> Result<String> {
    let name = declaration.split_once("(*").and_then(|(_, rest)| rest.split_once(')'));
    let (name, _) = name.with_context(|| format!("no function in {declaration:?}"))?;
    let mut text = format!("\n### {table}.{name}\n\n```c\n{}\n```\n\n", declaration.replace("struct ", ""));
    let said = said(comment).with_context(|| format!("the comment of {table}.{name}"))?;
    for (heading, words) in HEADINGS.iter().zip(said) {
        text.push_str(&format!("- **{heading}:** {words}\n"));
    }
    Ok(text)
}

/// The words behind each heading.
fn said(comment: &[&str]) -> Result<Vec<String>> {
    let mut said: Vec<String> = Vec::new();
    for line in comment {
        let heading = line.split_once(": ").filter(|(word, _)| HEADINGS.contains(word));
        match heading {
            Some((heading, words)) => {
                let expected = HEADINGS.get(said.len()).copied().unwrap_or("nothing");
                ensure!(heading == expected, "says {heading} where {expected} is expected");
                said.push(words.to_owned());
            }
            None => match said.last_mut() {
                Some(words) => *words = format!("{words} {line}"),
                None => bail!("begins with {line:?}, Purpose is expected"),
            },
        }
    }
    ensure!(said.len() == HEADINGS.len(), "ends behind {} of {} headings", said.len(), HEADINGS.len());
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMENT: &str = "// Purpose: gives\n// back.\n// Threads: [control].\n// State: none.\n// Ownership: a.\n// Lifetime: b.\n// Errors: c.\n";

    #[test]
    fn a_function_is_listed_with_its_table_and_all_that_its_comment_says() {
        let header =
            format!("typedef struct UndertoneA {{\n{COMMENT}void (*drop)(struct X *x,\n  int y);\n}}\n");
        let text = functions(&header).expect("complete");
        assert!(text.contains("### UndertoneA.drop\n\n```c\nvoid (*drop)(X *x, int y);\n```\n"), "{text}");
        assert!(text.contains("- **Purpose:** gives back.\n- **Threads:** [control].\n"), "{text}");
    }

    #[test]
    fn a_function_whose_comment_leaves_something_out_is_named() {
        let header = COMMENT.replace("// Lifetime: b.\n", "");
        let header = format!("typedef struct UndertoneA {{\n{header}void (*drop)(void);\n}}\n");
        let error = format!("{:#}", functions(&header).expect_err("incomplete"));
        assert!(error.contains("UndertoneA.drop") && error.contains("Lifetime is expected"), "{error}");
    }
}
