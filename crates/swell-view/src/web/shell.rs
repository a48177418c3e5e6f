//! The page around its sections, and the page that asks for the token.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::picture::Picture;
use super::secret::Secret;
use super::sections::Place;

/// The script of the page.
pub(super) const SCRIPT: &str = include_str!("swell.js");
/// The script of the login.
pub(super) const LOGIN_SCRIPT: &str = include_str!("login.js");
/// What only the page needs, beside what charts and report look like.
pub(super) const STYLE: &str = include_str!("page.css");

/// A wave.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'\
     %3E%3Cpath d='M1 10c2-5 5-5 7 0s5 5 7 0' fill='none' stroke='%232563eb' stroke-width='2.5' \
     stroke-linecap='round'/%3E%3C/svg%3E";

/// The page with `picture` in it, as it reads before, or without, its script. `token` is the page's own,
/// `None` when there is nothing to steer.
pub(super) fn page(picture: &Picture, token: Option<&Secret>) -> String {
    let head = html! {
        title { (picture.title()) }
        @if let Some(token) = token {
            meta name="swell-token" content=(token.expose());
            script type="module" src="/swell.js" {}
        }
    };
    let place = |place: Place| {
        html! {
            @for piece in picture.at(place) { div id=(piece.id) { (PreEscaped(&piece.html)) } }
        }
    };
    let body = html! {
        a .skip href="#sections" { "Skip to the figures" }
        div .page {
            div #bar role="region" aria-label="Where the run is" {
                div #steer { (place(Place::Steer)) }
                @if token.is_some() { (line()) }
            }
            header #head { (place(Place::Head)) }
            nav #contents .contents aria-label="Contents" { (place(Place::Contents)) }
            main #sections tabindex="-1" { (place(Place::Sections)) }
            @if token.is_some() { (dialog()) }
        }
    };
    document(&head, &body)
}

/// How the connection is, what a wish was answered, and which keys there are.
fn line() -> Markup {
    html! {
        div #line {
            p #connection role="status" { noscript { "Without scripts, reload to see more." } }
            p #answer aria-live="polite" {}
            p #keys hidden {
                label { input type="checkbox" id="use-keys" checked; " Keys steer: " }
                kbd { "p" } " pause or resume, " kbd { "-" } " slower, " kbd { "+" } " faster, "
                kbd { "d" } " drain"
            }
        }
    }
}

/// What is asked before something that cannot be undone.
fn dialog() -> Markup {
    html! {
        dialog #confirm aria-labelledby="confirm-title" aria-describedby="confirm-question" {
            form method="dialog" {
                h2 #confirm-title {}
                p #confirm-question {}
                div .buttons {
                    button value="no" { "Cancel" }
                    button #confirm-yes value="yes" {}
                }
            }
        }
    }
}

/// The page that asks for the token.
pub(super) fn login() -> String {
    let head = html! {
        title { "Log in · Swell" }
        script type="module" src="/login.js" {}
    };
    let body = html! {
        main .login {
            h1 { "This page needs a token" }
            p { "It was printed where the run was started, and may be in the variable SWELL_WEB_TOKEN there." }
            // Not by GET: without the script, the token must not become part of an address.
            form #login method="post" action="/login" {
                label for="token" { "Token" }
                input #token name="token" type="password" autocomplete="off" required;
                button { "Log in" }
            }
            p #answer aria-live="polite" { noscript { "Logging in needs scripts." } }
        }
    };
    document(&head, &body)
}

fn document(head: &Markup, body: &Markup) -> String {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" href=(PreEscaped(ICON));
                link rel="stylesheet" href="/style.css";
                (head)
            }
            body { (body) }
        }
    };
    document.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn nothing_is_written_into_a_page_that_the_policy_forbids() {
        let secret = Secret::new("secret");
        let live = page(&Picture::of_run(Some(&sample::snapshot())), Some(&secret));
        let finished = page(&Picture::of_report(&sample::report(), None), None);
        for html in [&live, &finished, &login()] {
            for inline in
                ["<style", " style=", "onclick", "onload", "<script>", "javascript:", "//cdn"]
            {
                assert!(!html.contains(inline), "{inline}");
            }
        }
        assert!(live.contains("secret") && !finished.contains("swell-token"));
        for script in [SCRIPT, LOGIN_SCRIPT] {
            for banned in ["eval(", "innerHTML", "document.write", "Function("] {
                assert!(!script.contains(banned), "{banned}");
            }
        }
    }

    #[test]
    fn what_others_wrote_is_text() {
        let mut report = sample::report();
        report.verdict.reasons = vec!["<script>alert(1)</script>".into()];
        report.failures[0].samples[0].detail.body = Some("<img src=x onerror=alert(1)>".into());
        let html = page(&Picture::of_report(&report, None), None);
        assert!(!html.contains("<script>alert") && !html.contains("<img src=x"));
    }
}
