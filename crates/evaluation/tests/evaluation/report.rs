//! Pages that stand alone and say everything twice: to the eye and in words.

use crate::synthetic;
use std::fs;
use std::path::Path;
use undertone_core::Emotion;
use undertone_evaluation::{Evidence, Facts, GraphFacts, Protocol, report_html, report_markdown};

fn facts() -> Facts {
    Facts {
        model: "cnn 1.0.0".to_owned(),
        description: "Residual network over log-mel frames with attentive pooling: eight acted emotions in English speech."
            .to_owned(),
        graphs: vec![graph("whole", Some(4.2)), graph("stream", None)],
        timing: Some("On one thread.".to_owned()),
        licence: "CC-BY-NC-SA-4.0".to_owned(),
        data_set: "RAVDESS speech".to_owned(),
        about: Some("The clips are acted.".to_owned()),
        citation: "Livingstone SR, Russo FA (2018). PLoS ONE 13(5): e0196391.".to_owned(),
    }
}

fn graph(name: &str, milliseconds_per_clip: Option<f64>) -> GraphFacts {
    let (parameters, macs_per_second, file_bytes) = (188_120, 21_000_000, 812_345);
    GraphFacts { name: name.to_owned(), parameters, macs_per_second, file_bytes, milliseconds_per_clip }
}

#[test]
fn the_page_stands_alone() {
    let page = report_html(&synthetic::evidence(), &facts());
    fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("report.html"), &page).unwrap();
    for outside in ["<script", "src=", "url(", "@import", "<link", "http"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("prefers-color-scheme: dark") && page.len() < 1_000_000, "{}", page.len());
}

#[test]
fn every_chart_has_words_and_a_table() {
    let page = report_html(&synthetic::evidence(), &facts());
    for svg in page.split("<svg ").skip(1) {
        let opening = svg.split('>').next().unwrap();
        assert!(opening.contains("role=\"img\"") && opening.contains("aria-label=\""), "{opening}");
    }
    for article in page.split("<article").skip(1).filter(|article| article.contains("<svg ")) {
        let own = article.split("</article>").next().unwrap();
        assert!(
            own.contains("<table>") || own.contains("At the end") || own.contains("Training loss"),
            "{own}"
        );
    }
    assert!(!page.contains("NaN") && !page.contains("inf\""));
}

#[test]
fn every_element_that_opens_closes() {
    let page = report_html(&synthetic::evidence(), &facts());
    for element in
        ["section", "article", "svg", "table", "tr", "td", "th", "p", "details", "rect", "text", "a"]
    {
        let opened =
            page.matches(&format!("<{element}>")).count() + page.matches(&format!("<{element} ")).count();
        assert_eq!(opened, page.matches(&format!("</{element}>")).count(), "{element}");
    }
}

#[test]
fn text_from_outside_is_never_markup() {
    let mut facts = facts();
    facts.model = "<b>\"&".to_owned();
    let mut run = synthetic::run(Protocol::Random80, 1, 2.0);
    run.predictions.iter_mut().for_each(|own| own.speaker = format!("<i>{}", own.speaker));
    let page = report_html(&Evidence::new(vec![run]), &facts);
    assert!(!page.contains("<b>") && !page.contains("<i>") && page.contains("&lt;b&gt;&quot;&amp;"));
}

#[test]
fn one_protocol_without_facts_about_its_folds_is_enough() {
    let mut run = synthetic::run(Protocol::Speaker5, 1, 2.0);
    (run.folds, run.curve, run.interim) = (Vec::new(), Vec::new(), Vec::new());
    let mut facts = facts();
    facts.graphs[0].milliseconds_per_clip = None;
    let evidence = Evidence::new(vec![run]);
    let page = report_html(&evidence, &facts);
    for absent in [
        "On one thread",
        "id=\"learning\"",
        "id=\"sets\"",
        "id=\"heard\"",
        "id=\"int8\"",
        "id=\"telephone\"",
        "Time per clip",
        "Known speakers",
    ] {
        assert!(!page.contains(absent), "{absent}");
    }
    assert!(report_markdown(&evidence, &facts).starts_with("# cnn 1.0.0: evaluation\n"));
}

#[test]
fn the_text_has_the_sections_and_numbers_of_the_page() {
    let evidence = synthetic::evidence();
    let text = report_markdown(&evidence, &facts());
    fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("report.md"), &text).unwrap();
    let page = report_html(&evidence, &facts());
    assert_eq!(text.matches("\n## ").count(), page.matches("<h2>").count());
    assert_eq!(text.matches("\n### ").count(), page.matches("<h3>").count());
    assert!(!text.contains("<svg") && text.contains("\n## Weights in 8 bits\n"));
}

#[test]
fn the_same_evidence_gives_the_same_bytes() {
    let page = || report_html(&synthetic::evidence(), &facts());
    assert_eq!(page(), page());
}

#[test]
fn a_report_on_another_data_set_says_nothing_of_ravdess() {
    let mut run = synthetic::run(Protocol::Speaker5, 1, 2.0);
    run.predictions.retain(|own| own.truth == Emotion::Calm || own.truth == Emotion::Sad);
    run.predictions.iter_mut().enumerate().for_each(|(index, own)| own.clip = format!("sad/ann/{index}.wav"));
    (run.folds, run.curve, run.interim) = (Vec::new(), Vec::new(), Vec::new());
    let mut facts = facts();
    (facts.about, facts.data_set, facts.citation) = (None, "Mine".to_owned(), "nobody".to_owned());
    let text = report_markdown(&Evidence::new(vec![run]), &facts);
    for foreign in ["RAVDESS", "actor", "studio", "North American", "by sex", "in eight"] {
        assert!(!text.contains(foreign), "{foreign}");
    }
    for told in ["All clips are of Mine.", "one in two", "five folds by speaker"] {
        assert!(text.contains(told), "{told}: {text}");
    }
}

#[test]
fn every_graph_has_its_size_and_its_time_where_it_was_measured() {
    let text = report_markdown(&synthetic::evidence(), &facts());
    assert!(text.contains("| whole | 188,120 | 812\u{a0}kB | 21,000,000 | 4.2\u{a0}ms |"), "{text}");
    assert!(
        text.contains("| stream | 188,120 | 812\u{a0}kB | 21,000,000 | – |")
            && text.contains("On one thread.")
    );
}
