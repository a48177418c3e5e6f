//! The page of a run: seen, steered by, and refused to whom it is refused.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::program::{Home, Running, Stream};
use crate::report::assert_sound;

/// More than lasts as long as the test.
const LOAD: &[&str] =
    &["run", "--users", "5000", "--rate", "20", "--duration", "10m", "--ui", "off"];

/// A run that ends by itself, at once.
const VIRTUAL: &[&str] = &["run", "--virtual", "--users", "20", "--rate", "5", "--ui", "off"];

/// What a server answered.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

/// The server's address, from a line with its URL.
fn address(line: &str) -> String {
    let url = line.split_whitespace().find_map(|word| word.strip_prefix("http://")).unwrap();
    url.split('/').next().unwrap().to_owned()
}

fn connect(address: &str) -> TcpStream {
    let port = address.rsplit(':').next().unwrap();
    let stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

fn ask(address: &str, what: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut stream = connect(address);
    let mut request = format!("{what} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        request.push_str(&format!("Host: {address}\r\n"));
    }
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// A stream of events.
struct Events(BufReader<TcpStream>);

impl Events {
    fn open(address: &str) -> Self {
        let mut stream = connect(address);
        write!(stream, "GET /events HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
        Self(BufReader::new(stream))
    }

    /// The data of the next event called `name` of which `wanted` says so.
    #[track_caller]
    fn wait_for(&mut self, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut event = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the events ended");
            if let Some(of) = line.strip_prefix("event: ") {
                event = of.trim().to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                let data: Value = serde_json::from_str(data).unwrap();
                if event == name && wanted(&data) {
                    return data;
                }
            }
        }
    }
}

fn page_token(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"swell-token\" content=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

fn start_with_page(home: &Home) -> (Running, String) {
    let mut run = home.swell(&[LOAD, &["--web=127.0.0.1:0"]].concat()).start();
    let line = run.wait_for(Stream::Err, |line| line.starts_with("page: "));
    (run, address(&line))
}

#[test]
fn a_run_is_watched_and_steered_by_its_page() {
    let home = Home::new("page");
    let (run, address) = start_with_page(&home);
    let mut events = Events::open(&address);
    let picture = events.wait_for("picture", |data| data["pieces"]["piece-timeline"].is_string());
    assert!(picture["order"]["sections"].to_string().contains("piece-timeline"), "{picture}");

    let page = ask(&address, "GET /", &[], "");
    assert_eq!(page.status, 200);
    for header in ["content-security-policy: default-src 'none'; script-src 'self'", "no-store"] {
        assert!(page.head.contains(header), "{}", page.head);
    }
    let token = page_token(&page.body);
    let origin = format!("http://{address}");
    let command =
        |headers: &[(&str, &str)], body: &str| ask(&address, "POST /command", headers, body);
    let json = ("Content-Type", "application/json");
    let from_here = ("Origin", origin.as_str());
    let with_token = ("X-Swell-Token", token.as_str());
    let pause = r#"{"action": "pause"}"#;
    for (status, headers, body) in [
        (403, &[json, from_here][..], pause),
        (403, &[json, ("Origin", "http://evil.example"), with_token], pause),
        (403, &[json, with_token], pause),
        (403, &[json, from_here, ("X-Swell-Token", "guess")], pause),
        (403, &[json, from_here, with_token, ("Sec-Fetch-Site", "cross-site")], pause),
        (403, &[json, from_here, with_token, ("Host", "evil.example")], pause),
        (415, &[from_here, with_token], pause),
        (400, &[json, from_here, with_token], r#"{"action": "explode"}"#),
        (400, &[json, from_here, with_token], "pause"),
        (413, &[json, from_here, with_token], &" ".repeat(5_000)),
    ] {
        let answer = command(headers, body);
        assert_eq!(answer.status, status, "{headers:?}: {}", answer.body);
    }
    for (what, status) in [
        ("GET /nowhere", 404),
        ("GET /command", 405),
        ("PUT /", 405),
        ("GET /report", 404),
        ("GET /login", 404),
        ("GET /style.css", 200),
        ("GET /swell.js", 200),
    ] {
        let answer = ask(&address, what, &[], "");
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        assert!(answer.head.contains("x-content-type-options: nosniff"), "{what}");
    }

    assert_eq!(command(&[json, from_here, with_token], pause).status, 202);
    events.wait_for("picture", |data| data["title"].as_str().unwrap().starts_with("paused"));
    assert_eq!(command(&[json, from_here, with_token], r#"{"action": "drain"}"#).status, 202);
    let over = events.wait_for("over", |_| true);
    assert!(over["title"].as_str().unwrap().starts_with("stopped"), "{}", over["title"]);
    let report = ask(&address, "GET /report", &[], "");
    assert_eq!(report.status, 200);
    assert!(report.body.contains("<!DOCTYPE html>"), "{}", report.head);
    drop(events);
    let finished = run.finish().expect_exit(4);
    let report = home.report();
    assert_sound(&report);
    let annotations = report["annotations"].to_string();
    for wanted in ["arrivals paused from the page", "drain from the page"] {
        assert_eq!(annotations.matches(wanted).count(), 1, "{annotations}");
    }
    assert!(!finished.stderr.contains(&token), "the page's token was printed");
    assert!(!home.run_file("run.log").contains(&token), "the page's token was logged");
}

#[test]
fn so_many_may_watch_a_run() {
    let home = Home::new("page-viewers");
    let (run, address) = start_with_page(&home);
    let streams: Vec<Events> = (0..32)
        .map(|_| {
            let mut events = Events::open(&address);
            events.wait_for("picture", |_| true);
            events
        })
        .collect();
    let answer = ask(&address, "GET /events", &[], "");
    assert_eq!(answer.status, 503, "{}", answer.body);
    run.interrupt();
    drop(streams);
    run.finish().expect_exit(4);
}

#[test]
fn a_page_whose_address_is_in_use_is_warned_of_once_and_the_run_passes() {
    let home = Home::new("page-in-use");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let web = format!("--web={}", taken.local_addr().unwrap());
    let finished =
        home.swell(&["run", "--users", "10", "--rate", "10", &web]).finish().expect_exit(0);
    let warned = finished.stderr.matches("warning: page: the page cannot be served at").count();
    assert_eq!(warned, 1, "{}", finished.stderr);
    let notes = home.report()["notes"].to_string();
    assert!(notes.contains("the page cannot be served"), "{notes}");
}

#[test]
fn a_page_in_virtual_time_and_a_token_that_can_be_guessed_are_refused() {
    let home = Home::new("page-refused");
    let refused = home.swell(&[VIRTUAL, &["--web"]].concat()).finish().expect_exit(2);
    assert!(refused.stderr.contains("expected one or the other"), "{}", refused.stderr);
    let refused = home.swell(&["run", "--web=0.0.0.0:0"]).env("SWELL_WEB_TOKEN", "hunter2");
    let refused = refused.finish().expect_exit(2);
    assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.stderr);
    assert!(refused.stderr.contains("expected 16 or more"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
}

#[test]
fn a_run_that_has_ended_is_viewed_or_written_to_a_file() {
    let home = Home::new("view");
    home.swell(VIRTUAL).finish().expect_exit(0);
    let id = home.report()["run"]["id"].as_str().unwrap().to_owned();
    let folder = format!("home/runs/{id}");

    home.swell(&["view", &id, "--html", "page.html"]).finish().expect_exit(0);
    let html = std::fs::read_to_string(home.path("page.html")).unwrap();
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains(&id), "{html}");
    assert!(html.contains("are in host.json"), "{html}");

    let report = std::fs::read_to_string(home.path(&format!("{folder}/report.json"))).unwrap();
    std::fs::create_dir(home.path("foreign")).unwrap();
    let steering = format!("\"id\": \"\\u001b[2J{id}");
    let foreign = report.replacen(&format!("\"id\": \"{id}"), &steering, 1);
    assert_ne!(foreign, report);
    home.write("foreign/report.json", &foreign);
    let told = home.swell(&["view", "foreign", "--html", "foreign.html"]).finish().expect_exit(0);
    assert!(told.stdout.contains(&id) && !told.stdout.contains('\u{1b}'), "{}", told.stdout);

    let mut view = home.swell(&["view", &folder, "--web", "127.0.0.1:0"]).start();
    let address = address(&view.wait_for(Stream::Out, |line| line.contains("http://")));
    let page = ask(&address, "GET /", &[], "");
    assert!(page.status == 200 && page.body.contains("PASSED"), "{}", page.head);
    assert!(!page.body.contains("<script"), "there is nothing to follow");
    assert_eq!(ask(&address, "GET /report", &[], "").status, 200);
    assert_eq!(ask(&address, "GET /events", &[], "").status, 404);
    view.interrupt();
    view.finish().expect_exit(0);
}

#[test]
fn off_loopback_nothing_is_seen_without_the_token_which_is_printed_nowhere_else() {
    const TOKEN: &str = "a-token-of-some-length";
    let home = Home::new("view-token");
    home.swell(VIRTUAL).finish().expect_exit(0);
    let id = home.report()["run"]["id"].as_str().unwrap().to_owned();
    let view = home.swell(&["view", &id, "--web", "0.0.0.0:0"]).env("SWELL_WEB_TOKEN", TOKEN);
    let mut view = view.start();
    let address = address(&view.wait_for(Stream::Out, |line| line.contains("http://")));
    assert!(!address.starts_with("0.0.0.0"), "{address}");

    let page = ask(&address, "GET /", &[], "");
    assert!(page.status == 303 && page.head.contains("location: /login"), "{}", page.head);
    for what in ["GET /report", "GET /events"] {
        assert_eq!(ask(&address, what, &[], "").status, 401, "{what}");
    }
    assert!(ask(&address, "GET /login", &[], "").body.contains("/login.js"));
    let origin = format!("http://{address}");
    let log_in = |token: &str, origin: &str| {
        let headers = [("Content-Type", "application/json"), ("Origin", origin)];
        ask(&address, "POST /login", &headers, &format!(r#"{{"token": "{token}"}}"#))
    };
    assert_eq!(log_in("a guess", &origin).status, 403);
    assert_eq!(log_in(TOKEN, "http://evil.example").status, 403);
    let answer = log_in(TOKEN, &origin);
    assert_eq!(answer.status, 204, "{}", answer.body);
    assert!(answer.head.contains("httponly; samesite=strict"), "{}", answer.head);
    let bearer = format!("Bearer {TOKEN}");
    assert_eq!(ask(&address, "GET /", &[("Authorization", &bearer)], "").status, 200);
    let guess = [("Authorization", "Bearer a-guess")];
    let statuses: Vec<u16> =
        (0..11).map(|_| ask(&address, "GET /report", &guess, "").status).collect();
    assert!(statuses[0] == 401 && statuses[10] == 429, "{statuses:?}");
    view.interrupt();
    let finished = view.finish().expect_exit(0);
    assert!(finished.stderr.contains("is not encrypted"), "{}", finished.stderr);
    assert!(!finished.stdout.contains(TOKEN) && !finished.stderr.contains(TOKEN));
}

#[test]
fn what_cannot_be_viewed_is_told_in_a_sentence() {
    let home = Home::new("view-refused");
    let refuse = |arguments: &[&str], words: &str| {
        let refused = home.swell(&[&["view"], arguments].concat()).finish().expect_exit(2);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
        assert!(refused.stdout.is_empty() && refused.stderr.lines().count() == 1);
    };
    refuse(&["04hmasw9nf6yy044"], "no folder of the run 04hmasw9nf6yy044");
    std::fs::create_dir(home.path("empty")).unwrap();
    refuse(&["empty"], "holds no report.json");
    std::fs::create_dir(home.path("damaged")).unwrap();
    home.write("damaged/report.json", "{\"format\": 1, \"run\": ");
    refuse(&["damaged"], "is not a report");
    home.write("damaged/report.json", "{\"format\": 99}");
    refuse(&["damaged"], "has format 99");
}
