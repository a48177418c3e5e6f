//! Whether a screen is wished, and possible here.

use std::io::IsTerminal;

use ratatui::crossterm::terminal::size;
use swell_view::tui::{MIN_HEIGHT, MIN_WIDTH};

use super::input;
use crate::config::choice::UiMode;

/// What decides.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    pub(crate) is_virtual: bool,
    pub(crate) is_terminal: bool,
    /// Whether keys can be read, and the terminal is this program's to change.
    pub(crate) has_keys: bool,
    /// The variable `TERM`.
    pub(crate) kind: Option<String>,
    /// Columns and lines.
    pub(crate) size: Option<(u16, u16)>,
}

impl Surroundings {
    /// Those of this program.
    pub(crate) fn look(is_virtual: bool) -> Self {
        Self {
            is_virtual,
            is_terminal: std::io::stdout().is_terminal(),
            has_keys: input::is_ours(),
            kind: std::env::var("TERM").ok(),
            size: size().ok(),
        }
    }
}

/// Whether the terminal is to be covered.
///
/// # Errors
/// It is not: why, where that is worth a word.
pub(crate) fn fitness(mode: UiMode, around: &Surroundings) -> Result<(), Option<String>> {
    let is_asked_for = match mode {
        UiMode::Tui => true,
        UiMode::Auto => false,
        UiMode::Plain | UiMode::Json | UiMode::Off => return Err(None),
    };
    let hindrance = if around.is_virtual {
        Some("in virtual time a run is over too soon to be watched")
    } else if !around.is_terminal {
        Some("the standard output is not a terminal")
    } else if matches!(around.kind.as_deref(), Some("dumb")) {
        Some("the terminal is dumb, as TERM says")
    } else if !around.has_keys {
        Some("the terminal belongs to another program, or its keys cannot be read")
    } else {
        None
    };
    match (hindrance, around.size) {
        (Some(why), _) => Err(is_asked_for.then(|| why.to_owned())),
        (None, Some((columns, lines))) if columns >= MIN_WIDTH && lines >= MIN_HEIGHT => Ok(()),
        (None, Some((columns, lines))) => Err(Some(format!(
            "the terminal has {columns} x {lines} characters, and a screen needs {MIN_WIDTH} x \
             {MIN_HEIGHT}"
        ))),
        (None, None) => Err(Some("the terminal does not say how large it is".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fine() -> Surroundings {
        Surroundings {
            is_virtual: false,
            is_terminal: true,
            has_keys: true,
            kind: Some("xterm-256color".into()),
            size: Some((80, 24)),
        }
    }

    #[test]
    fn a_terminal_is_covered_unless_something_else_is_wished() {
        for mode in [UiMode::Auto, UiMode::Tui] {
            assert_eq!(fitness(mode, &fine()), Ok(()));
        }
        for mode in [UiMode::Plain, UiMode::Json, UiMode::Off] {
            assert_eq!(fitness(mode, &fine()), Err(None));
        }
        assert_eq!(fitness(UiMode::Auto, &Surroundings { kind: None, ..fine() }), Ok(()));
    }

    #[test]
    fn where_no_screen_fits_only_who_asked_for_one_is_told() {
        let misfits = [
            (Surroundings { is_virtual: true, ..fine() }, "virtual time"),
            (Surroundings { is_terminal: false, ..fine() }, "not a terminal"),
            (Surroundings { kind: Some("dumb".into()), ..fine() }, "dumb"),
            (Surroundings { has_keys: false, ..fine() }, "keys"),
        ];
        for (around, why) in misfits {
            assert_eq!(fitness(UiMode::Auto, &around), Err(None));
            let told = fitness(UiMode::Tui, &around).unwrap_err().unwrap();
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn a_small_terminal_is_told_what_is_needed() {
        for mode in [UiMode::Auto, UiMode::Tui] {
            let small = Surroundings { size: Some((79, 24)), ..fine() };
            let told = fitness(mode, &small).unwrap_err().unwrap();
            assert_eq!(told, "the terminal has 79 x 24 characters, and a screen needs 80 x 24");
            let unknown = Surroundings { size: None, ..fine() };
            assert!(fitness(mode, &unknown).unwrap_err().is_some());
        }
    }
}
