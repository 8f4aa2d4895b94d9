//! How text is dressed: the few colours that are used, and how wide a line may be. Whether
//! there is colour at all is the caller's to know.

use anstyle::AnsiColor;

/// How to render for one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether the stream shows colours.
    pub color: bool,
    /// Columns of a line; `usize::MAX` for a stream that has no width, such as a pipe.
    pub width: usize,
}

/// What a piece of text means; each meaning has one look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// It went well.
    Good,
    /// It is worth knowing.
    Warning,
    /// It went wrong.
    Bad,
    /// What to do next.
    Hint,
    /// A heading, or what a message says first.
    Strong,
    /// Beside the point.
    Faint,
}

impl Style {
    /// No colour, and lines as long as they come.
    pub const PLAIN: Style = Style {
        color: false,
        width: usize::MAX,
    };

    /// The text in the look of its meaning.
    pub(crate) fn paint(&self, meaning: Meaning, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_owned();
        }
        let look = match meaning {
            Meaning::Good => AnsiColor::Green.on_default(),
            Meaning::Warning => AnsiColor::Yellow.on_default().bold(),
            Meaning::Bad => AnsiColor::BrightRed.on_default().bold(),
            Meaning::Hint => AnsiColor::BrightCyan.on_default().bold(),
            Meaning::Strong => anstyle::Style::new().bold(),
            Meaning::Faint => anstyle::Style::new().dimmed(),
        };
        format!("{look}{text}{look:#}")
    }

    /// `name: text`, the name in the look of its meaning.
    pub(crate) fn named(&self, meaning: Meaning, name: &str, text: &str) -> String {
        format!("{} {text}", self.paint(meaning, &format!("{name}:")))
    }
}
