//! What is heard now, and above it what was heard.

use crate::report::{Palette, cut, seconds, text};
use std::io::{self, Write};
use undertone_client::Event;
use undertone_proto::v1;

/// The picture on a terminal: a bar for each emotion, which changes, under final results, which scroll up. Elsewhere every
/// result is a line.
pub(super) struct Picture<W> {
    out: W,
    palette: Palette,
    is_live: bool,
    /// In the order of the labels.
    bars: Vec<(String, f32)>,
    is_speaking: bool,
    /// Whether the stream is broken, and was not taken up again yet.
    is_interrupted: bool,
    heard_seconds: f64,
    /// Lines of the picture on the terminal.
    drawn: usize,
}

impl<W: Write> Picture<W> {
    pub(super) fn new(out: W, palette: Palette, is_live: bool) -> Self {
        Self {
            out,
            palette,
            is_live,
            bars: Vec::new(),
            is_speaking: false,
            is_interrupted: false,
            heard_seconds: 0.0,
            drawn: 0,
        }
    }

    pub(super) fn show(&mut self, event: Event) -> io::Result<()> {
        match event {
            Event::Started(started) => {
                let model = started.model.unwrap_or_default();
                self.bars = started.labels.into_iter().map(|label| (label, 0.0)).collect();
                let line = format!("  {} {}: speak; Ctrl-C ends", model.name, model.version);
                if self.is_live { self.line(&self.palette.faint(&line)) } else { Ok(()) }
            }
            Event::Speech(own) => {
                self.is_speaking = own.kind() == v1::speech_event::Kind::Begin;
                self.redraw()
            }
            Event::Interim(result) => {
                self.take(&result);
                if self.is_live { self.redraw() } else { self.result(&result) }
            }
            Event::Final(result) => {
                self.take(&result);
                self.is_speaking = false;
                self.result(&result)
            }
            Event::Warning(warning) => self.line(&format!("  note: {}", warning.message)),
            Event::Interrupted { .. } if std::mem::replace(&mut self.is_interrupted, true) => Ok(()),
            Event::Interrupted { why, from } => {
                self.line(&format!("  {why}; trying to go on at {:.1} s", from.as_secs_f64()))
            }
            Event::Resumed(_) => {
                self.is_interrupted = false;
                self.line("  going on")
            }
            Event::Ended(ended) => match cut(&ended) {
                Some(why) => self.line(&format!("  note: {why}")),
                None => Ok(()),
            },
        }
    }

    /// Takes the picture away; what was heard stays.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        for _ in 0..std::mem::take(&mut self.drawn) {
            // Up one line, and that line empty.
            write!(self.out, "\x1b[1A\x1b[2K")?;
        }
        self.out.flush()
    }

    fn take(&mut self, result: &v1::Result) {
        self.bars = result.probabilities.iter().map(|own| (own.label.clone(), own.probability)).collect();
        self.heard_seconds = seconds(result.audio_processed.as_ref());
    }

    fn result(&mut self, result: &v1::Result) -> io::Result<()> {
        self.line(&text::update_line(result, self.palette))
    }

    /// A line that stays, above the picture.
    fn line(&mut self, line: &str) -> io::Result<()> {
        self.clear()?;
        writeln!(self.out, "{line}")?;
        self.redraw()
    }

    fn redraw(&mut self) -> io::Result<()> {
        if !self.is_live {
            return self.out.flush();
        }
        self.clear()?;
        let state = if self.is_speaking { "hearing speech" } else { "listening" };
        let head = format!("  {:>6.1} s  {state}", self.heard_seconds);
        writeln!(self.out, "{}", self.palette.faint(&head))?;
        for (label, probability) in &self.bars {
            let bar = text::bar(if self.is_speaking { *probability } else { 0.0 });
            let (name, bar) =
                (self.palette.label(label, &format!("{label:<10}")), self.palette.label(label, &bar));
            let percent = probability * 100.0;
            writeln!(self.out, "    {name} {bar} {percent:>3.0} %")?;
        }
        self.drawn = self.bars.len() + 1;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(is_final: bool) -> v1::Result {
        let probabilities = [("calm", 0.25), ("angry", 0.75)]
            .map(|(label, probability)| v1::LabelProbability { label: label.into(), probability });
        v1::Result {
            is_final,
            probabilities: probabilities.into(),
            top: "angry".into(),
            shown: "angry".into(),
            confidence: 0.75,
            ..v1::Result::default()
        }
    }

    fn shown(is_live: bool, events: Vec<Event>) -> String {
        let mut out = Vec::new();
        let mut picture = Picture::new(&mut out, Palette::Plain, is_live);
        for event in events {
            picture.show(event).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn where_nobody_watches_every_result_is_a_line() {
        let events = vec![Event::Interim(result(false).into()), Event::Final(result(true).into())];
        let text = shown(false, events);
        assert_eq!(text.lines().count(), 2);
        assert!(text.contains("so far") && text.contains("final") && !text.contains('\x1b'), "{text}");
    }

    #[test]
    fn the_picture_has_a_bar_for_each_emotion_and_is_drawn_over_itself() {
        let begin = v1::SpeechEvent { kind: v1::speech_event::Kind::Begin.into(), offset: None };
        let text = shown(true, vec![Event::Speech(begin), Event::Interim(result(false).into())]);
        let (_, last) = text.rsplit_once("\x1b[2K").unwrap();
        assert!(last.contains("hearing speech") && last.contains("calm") && last.contains(" 75 %"), "{last}");
        assert_eq!(last.lines().count(), 3);
    }

    #[test]
    fn a_final_result_stays_above_the_picture() {
        let text = shown(true, vec![Event::Interim(result(false).into()), Event::Final(result(true).into())]);
        let kept = text.rsplit("\x1b[2K").next().unwrap();
        assert!(kept.trim_start().starts_with("0.00 s  angry") && kept.contains("final"), "{kept:?}");
        assert!(kept.contains("listening"), "{kept:?}");
    }
}
