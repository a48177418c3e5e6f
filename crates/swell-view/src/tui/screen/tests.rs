use super::*;
use crate::sample;

fn key(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// Presses `keys` one by one and returns what they wish.
fn press(screen: &mut Screen, keys: &str) -> Vec<Action> {
    let codes = keys.chars().map(|key| match key {
        '\t' => KeyCode::Tab,
        '\u{1b}' => KeyCode::Esc,
        key => KeyCode::Char(key),
    });
    codes.filter_map(|code| screen.press(key(code))).map(|command| command.action).collect()
}

fn in_phase(phase: Phase) -> Screen {
    let mut screen = Screen::default();
    screen.see(&Snapshot { phase, ..sample::snapshot() });
    screen
}

#[test]
fn p_pauses_and_resumes() {
    let mut screen = in_phase(Phase::Load);
    assert_eq!(press(&mut screen, "ppp"), [Action::Pause, Action::Resume, Action::Pause]);
    screen.see(&Snapshot { paused: true, ..sample::snapshot() });
    assert_eq!(press(&mut screen, "p"), [Action::Resume]);
}

#[test]
fn the_rate_goes_up_and_down_with_and_without_shift() {
    let mut screen = in_phase(Phase::Load);
    let wished = press(&mut screen, "+=-_");
    assert_eq!(wished, [Action::Faster, Action::Faster, Action::Slower, Action::Slower]);
}

#[test]
fn draining_is_one_key_and_quitting_asks() {
    let mut screen = in_phase(Phase::Load);
    assert_eq!(press(&mut screen, "d"), [Action::Drain]);
    assert_eq!(press(&mut screen, "q"), []);
    assert_eq!(screen.question, Some(Question::Drain));
    assert_eq!(press(&mut screen, "y"), [Action::Drain]);
    assert_eq!(screen.question, None);
}

#[test]
fn aborting_wants_a_yes_and_any_other_key_is_no() {
    let mut screen = in_phase(Phase::Load);
    assert_eq!(press(&mut screen, "ay"), [Action::Abort]);
    for no in ["an", "a\u{1b}", "a2", "aa", "ad"] {
        assert_eq!(press(&mut screen, no), [], "{no:?}");
        assert_eq!((screen.question, screen.panel), (None, Panel::Overview));
    }
    assert_eq!(press(&mut screen, "y"), []);
}

#[test]
fn ctrl_c_is_heard_as_a_signal_even_in_a_question() {
    let mut screen = in_phase(Phase::Load);
    press(&mut screen, "a");
    let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    let expected = Command { action: Action::Drain, origin: Origin::Signal };
    assert_eq!(screen.press(ctrl_c), Some(expected));
    assert_eq!(screen.question, None);
    assert_eq!(in_phase(Phase::Sweep).press(ctrl_c), Some(expected));
    let ctrl_d = KeyEvent::new(KeyCode::Char('d'), KeyModifiers::CONTROL);
    assert_eq!(screen.press(ctrl_d), None);
}

#[test]
fn once_arrivals_have_ended_only_an_abort_is_left() {
    let mut screen = in_phase(Phase::Drain);
    assert_eq!(press(&mut screen, "p+-dq"), []);
    assert!(screen.asked.as_ref().unwrap().contains("a, then y"));
    assert_eq!(press(&mut screen, "ay"), [Action::Abort]);
}

#[test]
fn panels_have_keys_and_tab_goes_round() {
    let mut screen = Screen::default();
    for (digit, panel) in ('1'..='6').zip(Panel::ALL) {
        press(&mut screen, &digit.to_string());
        assert_eq!(screen.panel, panel);
    }
    press(&mut screen, "\t");
    assert_eq!(screen.panel, Panel::Overview);
    screen.press(key(KeyCode::BackTab));
    assert_eq!(screen.panel, Panel::Messages);
    screen.press(key(KeyCode::Down));
    assert_eq!(screen.scroll, 1);
    press(&mut screen, "2");
    assert_eq!((screen.panel, screen.scroll), (Panel::Steps, 0));
}

#[test]
fn help_opens_and_closes_and_a_panel_closes_it() {
    let mut screen = Screen::default();
    let mut opened = Vec::new();
    for keys in ["?", "?", "h", "\u{1b}", "?", "3"] {
        press(&mut screen, keys);
        opened.push(screen.is_help_open);
    }
    assert_eq!(opened, [true, false, true, false, true, false]);
}

#[test]
fn releasing_a_key_is_not_pressing_it() {
    let mut screen = Screen::default();
    let mut release = key(KeyCode::Char('d'));
    release.kind = KeyEventKind::Release;
    assert_eq!(screen.press(release), None);
}

#[test]
fn what_was_asked_shows_until_the_run_answers() {
    let mut screen = in_phase(Phase::Load);
    let mut snapshot = sample::snapshot();
    press(&mut screen, "+");
    screen.see(&snapshot);
    assert_eq!(screen.latest(Some(&snapshot)).unwrap(), "asked for 10 % more");
    let mut answer = snapshot.annotations[0].clone();
    (answer.at_s, answer.text) = (400.0, "rate 110 % from the terminal".into());
    snapshot.annotations.push(answer);
    screen.see(&snapshot);
    assert_eq!(screen.latest(Some(&snapshot)).unwrap(), "6m 40s: rate 110 % from the terminal");
}

#[test]
fn what_was_asked_goes_after_two_snapshots_without_an_answer() {
    let mut screen = in_phase(Phase::Load);
    let snapshot = sample::snapshot();
    screen.see(&snapshot);
    press(&mut screen, "+");
    screen.say("a warning");
    for _ in 0..2 {
        screen.see(&snapshot);
        assert_eq!(screen.latest(Some(&snapshot)).unwrap(), "asked for 10 % more");
    }
    screen.see(&snapshot);
    assert_eq!(screen.asked, None);
    press(&mut screen, "+");
    screen.see(&snapshot);
    assert!(screen.asked.is_some());
}

#[test]
fn messages_are_lines_and_bounded() {
    let mut screen = Screen::default();
    screen.say("one\n\n  two  \n");
    let said: Vec<_> = screen.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(said, ["one", "two"]);
    for _ in 0..1_000 {
        screen.say("again");
    }
    assert_eq!(screen.messages.len(), Screen::MESSAGES_MAX);
    assert_eq!(screen.latest(None).unwrap(), "0 s: again");
}
