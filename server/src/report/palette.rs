//! Colours of the terminal, or none.

use std::io::IsTerminal;

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Palette {
    /// ANSI escape sequences.
    Colour,
    /// None.
    Plain,
}

impl Palette {
    /// Colours when standard output is a terminal and NO_COLOR is not set (no-color.org).
    pub(crate) fn for_stdout() -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        if wanted && std::io::stdout().is_terminal() { Self::Colour } else { Self::Plain }
    }

    /// `text` in the colour of the label `label`.
    pub(crate) fn label(self, label: &str, text: &str) -> String {
        self.wrap(&format!("38;5;{}", colour(label)), text)
    }

    /// `text` in the background.
    pub(crate) fn faint(self, text: &str) -> String {
        self.wrap("2", text)
    }

    /// `text` in the foreground.
    pub(crate) fn strong(self, text: &str) -> String {
        self.wrap("1", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        match self {
            Self::Colour => format!("\x1b[{code}m{text}\x1b[0m"),
            Self::Plain => text.to_owned(),
        }
    }
}

/// One of the terminal's 256 colours per emotion.
fn colour(label: &str) -> u8 {
    match label {
        "neutral" => 250,
        "calm" => 79,
        "happy" => 220,
        "sad" => 69,
        "angry" => 203,
        "fearful" => 141,
        "disgust" => 107,
        "surprised" => 215,
        _ => 117,
    }
}
