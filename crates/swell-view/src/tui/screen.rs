//! What is on the screen besides the run: the panel, a question, messages. Keys change it.

use std::collections::VecDeque;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use swell_core::command::{Action, Command, Origin};
use swell_core::snapshot::{Phase, Snapshot};

use super::palette::Palette;
use super::step_rates::StepRates;
use crate::human::length;

/// What the body of the screen shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panel {
    /// Everything at a glance.
    #[default]
    Overview,
    /// A row a step.
    Steps,
    /// The most frequent failures, each with its last sample.
    Failures,
    /// Endpoints and their health.
    Endpoints,
    /// Throughput and latency over time.
    Charts,
    /// What happened and what was said.
    Messages,
}

impl Panel {
    /// All panels, in the order of their keys.
    pub const ALL: [Self; 6] = [
        Self::Overview,
        Self::Steps,
        Self::Failures,
        Self::Endpoints,
        Self::Charts,
        Self::Messages,
    ];

    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Steps => "steps",
            Self::Failures => "failures",
            Self::Endpoints => "endpoints",
            Self::Charts => "charts",
            Self::Messages => "messages",
        }
    }

    fn beside(self, forward: bool) -> Self {
        let at = Self::ALL.iter().position(|panel| *panel == self).unwrap_or(0);
        let step = if forward { 1 } else { Self::ALL.len() - 1 };
        Self::ALL[(at + step) % Self::ALL.len()]
    }
}

/// What is asked before a wish that cannot be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// No more arrivals?
    Drain,
    /// Everybody ends now?
    Abort,
}

/// What was said, and when.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    pub(super) at_s: f64,
    pub(super) text: String,
}

/// The state of the screen.
#[derive(Clone, Debug, Default)]
pub struct Screen {
    pub(super) palette: Palette,
    pub(super) panel: Panel,
    pub(super) is_help_open: bool,
    pub(super) question: Option<Question>,
    /// Rows of the panel that are above the screen.
    pub(super) scroll: usize,
    pub(super) messages: VecDeque<Message>,
    pub(super) rates: StepRates,
    /// What a key has just asked for, until the run answers, or has had time enough to.
    pub(super) asked: Option<String>,
    /// Snapshots seen since.
    seen_since_asked: u8,
    is_paused: bool,
    /// The last phase seen.
    phase: Option<Phase>,
    elapsed_s: f64,
    annotations: usize,
}

impl Screen {
    /// Messages kept.
    const MESSAGES_MAX: usize = 200;

    /// Snapshots for which what was asked is shown at most: a wish that changes nothing, such as more
    /// than the highest rate, has no answer.
    const ASKED_FOR_MAX: u8 = 2;

    /// The overview, and nothing asked.
    #[must_use]
    pub fn new(palette: Palette) -> Self {
        Self { palette, ..Self::default() }
    }

    /// Takes in what a snapshot tells.
    pub fn see(&mut self, snapshot: &Snapshot) {
        self.rates.see(snapshot);
        let has_answered =
            snapshot.annotations.len() > self.annotations || self.phase != Some(snapshot.phase);
        self.seen_since_asked = self.seen_since_asked.saturating_add(1);
        if has_answered || self.seen_since_asked > Self::ASKED_FOR_MAX {
            self.asked = None;
        }
        self.annotations = snapshot.annotations.len();
        self.is_paused = snapshot.paused;
        self.phase = Some(snapshot.phase);
        self.elapsed_s = snapshot.elapsed_s;
    }

    /// Takes in what would have been printed.
    pub fn say(&mut self, text: &str) {
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if self.messages.len() >= Self::MESSAGES_MAX {
                self.messages.pop_front();
            }
            self.messages.push_back(Message { at_s: self.elapsed_s, text: line.to_owned() });
        }
    }

    /// What a key means: a wish to be sent, or nothing but a change of the screen.
    pub fn press(&mut self, key: KeyEvent) -> Option<Command> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        if is_interrupt(key) {
            // As outside the screen: the first drains, the second aborts.
            self.question = None;
            return self.wish(Action::Drain, Origin::Signal, "asked to stop, as Ctrl-C does");
        }
        if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
            return None;
        }
        match self.question.take() {
            Some(question) => self.answer(question, key.code),
            None => self.steer(key.code).or_else(|| self.look(key.code)),
        }
    }

    /// Anything but yes is no.
    fn answer(&mut self, question: Question, key: KeyCode) -> Option<Command> {
        if !matches!(key, KeyCode::Char('y' | 'Y')) {
            return None;
        }
        match question {
            Question::Drain => self.wish(Action::Drain, Origin::Terminal, "asked to drain"),
            Question::Abort => self.wish(Action::Abort, Origin::Terminal, "asked to abort"),
        }
    }

    fn steer(&mut self, key: KeyCode) -> Option<Command> {
        let origin = Origin::Terminal;
        let is_over = self.phase > Some(Phase::Load);
        match key {
            KeyCode::Char('p' | '+' | '=' | '-' | '_') if is_over => {
                self.show("arrivals have ended: there is nothing to pace");
                None
            }
            KeyCode::Char('d' | 'q') if is_over => {
                self.show("the run is ending; a, then y, ends users in flight now");
                None
            }
            KeyCode::Char('p') if self.is_paused => {
                self.is_paused = false;
                self.wish(Action::Resume, origin, "asked for arrivals to go on")
            }
            KeyCode::Char('p') => {
                self.is_paused = true;
                self.wish(Action::Pause, origin, "asked for arrivals to pause")
            }
            KeyCode::Char('+' | '=') => self.wish(Action::Faster, origin, "asked for 10 % more"),
            KeyCode::Char('-' | '_') => self.wish(Action::Slower, origin, "asked for 10 % less"),
            KeyCode::Char('d') => self.wish(Action::Drain, origin, "asked to drain"),
            KeyCode::Char('q') => {
                self.question = Some(Question::Drain);
                None
            }
            KeyCode::Char('a') => {
                self.question = Some(Question::Abort);
                None
            }
            _ => None,
        }
    }

    /// Keys that change nothing but the screen.
    fn look(&mut self, key: KeyCode) -> Option<Command> {
        match key {
            KeyCode::Char('?' | 'h') | KeyCode::F(1) => self.is_help_open = !self.is_help_open,
            KeyCode::Esc => self.is_help_open = false,
            KeyCode::Tab | KeyCode::Right => self.open(self.panel.beside(true)),
            KeyCode::BackTab | KeyCode::Left => self.open(self.panel.beside(false)),
            KeyCode::Char(digit @ '1'..='6') => {
                let at = digit as usize - '1' as usize;
                self.open(Panel::ALL[at]);
            }
            KeyCode::Down | KeyCode::Char('j') => self.scroll = self.scroll.saturating_add(1),
            KeyCode::Up | KeyCode::Char('k') => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::PageDown => self.scroll = self.scroll.saturating_add(10),
            KeyCode::PageUp => self.scroll = self.scroll.saturating_sub(10),
            KeyCode::Home => self.scroll = 0,
            _ => {}
        }
        None
    }

    fn open(&mut self, panel: Panel) {
        (self.panel, self.scroll, self.is_help_open) = (panel, 0, false);
    }

    fn wish(&mut self, action: Action, origin: Origin, words: &str) -> Option<Command> {
        self.show(words);
        Some(Command { action, origin })
    }

    /// Answers a key.
    fn show(&mut self, words: &str) {
        (self.asked, self.seen_since_asked) = (Some(words.to_owned()), 0);
    }

    /// The newest of what was asked, said, or happened.
    pub(super) fn latest(&self, snapshot: Option<&Snapshot>) -> Option<String> {
        if let Some(asked) = &self.asked {
            return Some(asked.clone());
        }
        let happened = snapshot.and_then(|snapshot| snapshot.annotations.last());
        let said = self.messages.back();
        let (at_s, text) = match (happened, said) {
            (Some(note), Some(message)) if note.at_s > message.at_s => (note.at_s, &note.text),
            (_, Some(message)) => (message.at_s, &message.text),
            (Some(note), None) => (note.at_s, &note.text),
            (None, None) => return None,
        };
        Some(format!("{}: {text}", length(at_s)))
    }
}

fn is_interrupt(key: KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char('c' | 'C'))
}

#[cfg(test)]
mod tests;
