//! Judgements from a table of comma-separated values (RFC 4180, without line breaks inside of fields).

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::time::Duration;
use undertone_proto::v1;
use uuid::{Builder, Uuid};
use v1::judgement::{About, Verdict};

const COLUMNS: [&str; 9] = [
    "prediction_id",
    "stream_id",
    "start_seconds",
    "end_seconds",
    "label",
    "correct",
    "source",
    "said_at",
    "id",
];

/// A judgement, and the number of the line that says it.
pub(super) type Told = (usize, v1::Judgement);

/// The judgements of a table with a head. Where a line has no id, one follows from what it says, so that the same table sent
/// again changes nothing. Where it does not say when, the same line further down takes back what came between.
pub(super) fn judgements(text: &str, source: &str) -> anyhow::Result<Vec<Told>> {
    // Spreadsheets put a byte order mark in front.
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let (_, head) = lines.next().context("the file is empty")?;
    let head = fields(head)?;
    if let Some(unknown) = head.iter().find(|name| !COLUMNS.contains(&name.as_str())) {
        bail!("line 1: {unknown:?} is no column; there are {}", COLUMNS.join(", "));
    }
    let mut said = HashMap::new();
    let read = lines.map(|(before, line)| {
        let number = before + 1;
        let own = judgement(&head, line, source).with_context(|| format!("line {number}"))?;
        Ok((number, if own.said_at.is_none() { told_apart(own, &mut said) } else { own }))
    });
    read.collect()
}

/// A server's refusal of a call with these judgements: where it counts them, the lines are named that they come from.
pub(super) fn by_lines(refusal: &str, sent: &[Told]) -> String {
    let mut parts = refusal.split("judgements[");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let place = part.split_once(']').and_then(|(place, rest)| Some((place.parse::<usize>().ok()?, rest)));
        match place.and_then(|(place, rest)| Some((sent.get(place)?, rest))) {
            Some(((line, _), rest)) => {
                text += &format!("line {line}");
                text += &rest.strip_prefix('.').map_or(rest.to_owned(), |field| format!(", {field}"));
            }
            None => text += &format!("judgements[{part}"),
        }
    }
    text
}

/// A judgement whose identifier was `said` so many times before gets another one.
fn told_apart(mut own: v1::Judgement, said: &mut HashMap<String, usize>) -> v1::Judgement {
    let before = said.entry(own.id.clone()).or_default();
    *before += 1;
    if *before > 1 {
        own.id = id_of(&[own.id, before.to_string()]);
    }
    own
}

fn judgement(head: &[String], line: &str, source: &str) -> anyhow::Result<v1::Judgement> {
    let fields = fields(line)?;
    if fields.len() != head.len() {
        bail!("{} fields for {} columns", fields.len(), head.len());
    }
    let row: HashMap<&str, &str> =
        head.iter().map(String::as_str).zip(fields.iter().map(String::as_str)).collect();
    let field = |name: &str| row.get(name).copied().filter(|text| !text.is_empty());
    let about = match (field("prediction_id"), field("stream_id")) {
        (Some(id), None) => About::PredictionId(uuid("prediction_id", id)?),
        (None, Some(stream)) => About::Interval(v1::StreamInterval {
            stream_id: uuid("stream_id", stream)?,
            start: Some(seconds("start_seconds", field("start_seconds"))?),
            end: Some(seconds("end_seconds", field("end_seconds"))?),
        }),
        _ => bail!("give either a prediction_id or a stream_id"),
    };
    let verdict = match (field("label"), field("correct")) {
        (Some(label), None) => Verdict::Label(label.to_owned()),
        (None, Some(correct)) => {
            Verdict::Correct(correct.parse().context("correct is neither true nor false")?)
        }
        _ => bail!("give either a label or correct"),
    };
    let said_at =
        field("said_at").map(|text| text.parse().with_context(|| format!("said_at: {text:?} is no time")));
    let id = field("id").map_or_else(|| Ok(id_of(&fields)), |id| uuid("id", id))?;
    Ok(v1::Judgement {
        id,
        about: Some(about),
        verdict: Some(verdict),
        source: field("source").unwrap_or(source).to_owned(),
        said_at: said_at.transpose()?,
    })
}

fn id_of(fields: &[String]) -> String {
    let digest = Sha256::digest(fields.join("\u{1f}"));
    Builder::from_random_bytes(std::array::from_fn(|place| digest[place])).into_uuid().to_string()
}

fn uuid(name: &str, text: &str) -> anyhow::Result<String> {
    match text.parse::<Uuid>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => bail!("{name}: {text:?} is not a UUID"),
    }
}

fn seconds(name: &str, text: Option<&str>) -> anyhow::Result<prost_types::Duration> {
    let seconds = text.and_then(|text| text.parse::<f64>().ok());
    let duration = seconds.and_then(|own| Duration::try_from_secs_f64(own).ok());
    let duration = duration.with_context(|| format!("{name} is no number of seconds"))?;
    duration.try_into().with_context(|| format!("{name} is too large"))
}

/// The fields of a line; a field in quotes may hold commas, and quotes doubled.
fn fields(line: &str) -> anyhow::Result<Vec<String>> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.trim_end_matches('\r').chars().peekable();
    while let Some(letter) = letters.next() {
        let field = fields.last_mut().context("there is always a field")?;
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' if quoted || field.is_empty() => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => field.push(other),
        }
    }
    if quoted {
        bail!("a quote is not closed");
    }
    Ok(fields.into_iter().map(|field| field.trim().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0190163d-8694-739b-aea5-966c26f8ad91";

    #[test]
    fn a_table_gives_judgements_and_the_same_table_the_same_ids() {
        let table = format!("prediction_id,label,source\n{ID},happy,\"team \"\"a\"\", west\"\n\n{ID},sad,\n");
        let read = judgements(&table, "me").unwrap();
        assert_eq!(read, judgements(&table, "me").unwrap());
        let [(2, one), (4, other)] = &read[..] else { panic!("{read:?}") };
        assert_eq!((one.source.as_str(), other.source.as_str()), ("team \"a\", west", "me"));
        assert_ne!(one.id, other.id);
        assert_eq!(other.verdict, Some(Verdict::Label("sad".to_owned())));
    }

    #[test]
    fn a_refusal_of_the_server_names_the_lines_of_the_table() {
        let sent = judgements(&format!("prediction_id,label\n\n{ID},happy\n{ID},sad\n"), "me").unwrap();
        let refusal = "judgements[1].verdict: too long; judgements[0].source: empty; judgements[7]";
        assert_eq!(
            by_lines(refusal, &sent),
            "line 4, verdict: too long; line 3, source: empty; judgements[7]"
        );
        assert_eq!(by_lines("no store", &sent), "no store");
    }

    #[test]
    fn a_label_that_is_said_again_after_another_one_counts_again() {
        let table = format!("prediction_id,label\n{ID},happy\n{ID},sad\n{ID},happy\n");
        let [(_, one), _, (_, again)] = &judgements(&table, "me").unwrap()[..] else { panic!("three lines") };
        assert_ne!(one.id, again.id);
        let table = format!("prediction_id,label,said_at\n{ID},sad,2026-03-01T08:00:00Z\n");
        let twice = format!("{table}{}\n", table.lines().last().unwrap());
        let [(_, one), (_, again)] = &judgements(&twice, "me").unwrap()[..] else { panic!("two lines") };
        assert_eq!(one.id, again.id, "the same said at the same time is said once");
    }

    #[test]
    fn a_part_of_a_stream_is_told_in_seconds() {
        let table = format!(
            "stream_id,start_seconds,end_seconds,correct,said_at\n{ID},1.5,2,true,2026-03-01T08:00:00Z\n"
        );
        let [(_, own)] = &judgements(&table, "me").unwrap()[..] else { panic!("one line") };
        let Some(About::Interval(interval)) = &own.about else { panic!("{own:?}") };
        assert_eq!(interval.start.map(|start| (start.seconds, start.nanos)), Some((1, 500_000_000)));
        assert_eq!(
            (own.said_at.map(|at| at.seconds), own.verdict.clone()),
            (Some(1_772_352_000), Some(Verdict::Correct(true)))
        );
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        for (table, part) in [
            ("", "empty"),
            ("prediction,label\n", "\"prediction\" is no column"),
            ("prediction_id,label\na,happy\n", "line 2: prediction_id: \"a\" is not a UUID"),
            (&format!("prediction_id,label\n{ID},happy\nb\n"), "line 3: 1 fields for 2 columns"),
            (&format!("\u{feff}prediction_id,label\n{ID},\n"), "line 2: give either a label or correct"),
            ("prediction_id,label\n\"a,happy\n", "line 2: a quote is not closed"),
            (
                &format!("stream_id,start_seconds,end_seconds,label\n{ID},x,2,sad\n"),
                "start_seconds is no number",
            ),
        ] {
            let error = format!("{:#}", judgements(table, "me").unwrap_err());
            assert!(error.contains(part), "{error}");
        }
    }
}
