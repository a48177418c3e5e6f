//! The routes of the page.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::middleware::map_response;
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use swell_core::command::{Action, Command, Origin};
use swell_core::report::Report;
use tokio::net::TcpListener;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::attempts::Attempts;
use super::events::events;
use super::guard::Denied;
use super::headers::{WITHOUT_STYLE, protect};
use super::picture::{Easel, Picture};
use super::{LiveRun, Shows, Site, shell};
use crate::charts::STYLE;
use crate::html::{report_html, style_hash};
use crate::serving::serve_bounded;

/// Bytes that a wish, or a login, may have.
const BODY_MAX: usize = 4_096;

struct App {
    site: Site,
    easel: Arc<Easel>,
}

/// Serves `site` at `listener` until `stop`.
pub async fn serve(listener: TcpListener, site: Site, stop: CancellationToken) {
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = serve_bounded(listener, router(site)) => {}
    }
}

fn router(site: Site) -> Router {
    let app = App { site, easel: Arc::default() };
    Router::new()
        .route("/", get(page))
        .route("/style.css", get(style))
        .route("/swell.js", get(script))
        .route("/login.js", get(login_script))
        .route("/events", get(stream))
        .route("/command", axum::routing::post(command))
        .route("/report", get(report))
        .route("/login", get(login_page).post(login))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(map_response(protect))
        .with_state(Arc::new(app))
}

type Asked = State<Arc<App>>;
/// Who asks.
type Peer = ConnectInfo<SocketAddr>;

async fn page(State(app): Asked, ConnectInfo(peer): Peer, headers: HeaderMap) -> Response {
    let guard = &app.site.guard;
    match guard.check_viewer(&headers, peer.ip(), Instant::now()) {
        Ok(()) => {}
        // A fragment with the token goes along, and to no server.
        Err(Denied::Stranger) => {
            return (StatusCode::SEE_OTHER, [(LOCATION, "/login")]).into_response();
        }
        Err(denied) => return refuse(denied),
    }
    let html = match &app.site.shows {
        Shows::Report { report, configuration } => {
            shell::page(&Picture::of_report(report, configuration.as_deref()), None)
        }
        Shows::Run(run) => match run.report() {
            Some(report) => {
                shell::page(&Picture::of_report(&report, Some(&run.configuration)), None)
            }
            None => {
                let snapshot = run.snapshots.borrow().clone();
                let picture = snapshot.map_or_else(
                    || Arc::new(Picture::of_run(None)),
                    |snapshot| app.easel.paint(&snapshot),
                );
                shell::page(&picture, Some(guard.page_token()))
            }
        },
    };
    Html(html).into_response()
}

async fn style(State(app): Asked, headers: HeaderMap) -> Response {
    let text = || [STYLE, shell::STYLE].concat();
    of_type(&app, &headers, "text/css; charset=utf-8", text)
}

async fn script(State(app): Asked, headers: HeaderMap) -> Response {
    of_type(&app, &headers, "text/javascript; charset=utf-8", || shell::SCRIPT.to_owned())
}

async fn login_script(State(app): Asked, headers: HeaderMap) -> Response {
    of_type(&app, &headers, "text/javascript; charset=utf-8", || shell::LOGIN_SCRIPT.to_owned())
}

/// What is the same for everybody: it says nothing of the run.
fn of_type(
    app: &App,
    headers: &HeaderMap,
    content_type: &'static str,
    text: impl FnOnce() -> String,
) -> Response {
    match app.site.guard.check_host(headers) {
        Ok(()) => ([(CONTENT_TYPE, content_type)], text()).into_response(),
        Err(denied) => refuse(denied),
    }
}

async fn stream(State(app): Asked, ConnectInfo(peer): Peer, headers: HeaderMap) -> Response {
    if let Err(denied) = app.site.guard.check_viewer(&headers, peer.ip(), Instant::now()) {
        return refuse(denied);
    }
    let Shows::Run(run) = &app.site.shows else {
        return plain(StatusCode::NOT_FOUND, "the run is over: there is nothing to follow");
    };
    let Some(viewer) = run.viewers.enter() else {
        let words = "as many watch this run as may; close another page first";
        return plain(StatusCode::SERVICE_UNAVAILABLE, words);
    };
    Sse::new(events(run, Arc::clone(&app.easel), viewer))
        .keep_alive(KeepAlive::default())
        .into_response()
}

async fn report(State(app): Asked, ConnectInfo(peer): Peer, headers: HeaderMap) -> Response {
    if let Err(denied) = app.site.guard.check_viewer(&headers, peer.ip(), Instant::now()) {
        return refuse(denied);
    }
    match &app.site.shows {
        Shows::Report { report, configuration } => whole(report, configuration.as_deref()),
        Shows::Run(run) => run.report().map_or_else(
            || plain(StatusCode::NOT_FOUND, "the run goes on: its report is made at its end"),
            |report| whole(&report, Some(&run.configuration)),
        ),
    }
}

/// The report as it is as a file: its style is in it, and allowed by its hash.
fn whole(report: &Report, configuration: Option<&str>) -> Response {
    let policy = format!("{}; style-src '{}'", WITHOUT_STYLE, style_hash());
    ([(CONTENT_SECURITY_POLICY, policy)], Html(report_html(report, configuration))).into_response()
}

/// What a button wishes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    action: Action,
}

async fn command(
    State(app): Asked,
    ConnectInfo(peer): Peer,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(denied) = app.site.guard.check_command(&headers, peer.ip(), Instant::now()) {
        return refuse(denied);
    }
    let wish = match read::<Wish>(&headers, &body) {
        Ok(wish) => wish,
        Err((status, words)) => return plain(status, words),
    };
    let over = "the run is over";
    let Shows::Run(run) = &app.site.shows else { return plain(StatusCode::CONFLICT, over) };
    match run.commands.try_send(Command { action: wish.action, origin: Origin::Page }) {
        Ok(()) => plain(StatusCode::ACCEPTED, "the run was told"),
        Err(TrySendError::Closed(_)) => plain(StatusCode::CONFLICT, over),
        Err(TrySendError::Full(_)) => {
            plain(StatusCode::SERVICE_UNAVAILABLE, "the run has not heard earlier wishes yet")
        }
    }
}

async fn login_page(State(app): Asked, headers: HeaderMap) -> Response {
    match app.site.guard.check_host(&headers) {
        Ok(()) if app.site.guard.asks_for_a_token() => Html(shell::login()).into_response(),
        Ok(()) => unknown().await,
        Err(denied) => refuse(denied),
    }
}

/// A token that somebody says is the right one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Guess {
    token: String,
}

async fn login(
    State(app): Asked,
    ConnectInfo(peer): Peer,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let guess = match read::<Guess>(&headers, &body) {
        Ok(guess) => guess,
        Err((status, words)) => return plain(status, words),
    };
    match app.site.guard.log_in(&headers, guess.token.trim(), peer.ip(), Instant::now()) {
        Ok(cookie) => (StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response(),
        Err(denied) => refuse(denied),
    }
}

async fn unknown() -> Response {
    plain(StatusCode::NOT_FOUND, "there is no such page; the run is at /")
}

async fn wrong_method() -> Response {
    plain(StatusCode::METHOD_NOT_ALLOWED, "this page does not answer to that method")
}

/// Why a body was not read: a status, and what is wrong.
type Unread = (StatusCode, &'static str);

/// Reads a body. Only JSON: what a form of another site can send is none.
fn read<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Unread> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    if essence != Some("application/json") {
        let words = "expected JSON, and Content-Type: application/json";
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, words));
    }
    // What the body was is not told: it may have been a token.
    serde_json::from_slice(body).map_err(|error| {
        use serde_json::error::Category;
        let words = match error.classify() {
            Category::Data => "the JSON does not say what is expected here",
            Category::Io | Category::Syntax | Category::Eof => "the body is not JSON",
        };
        (StatusCode::BAD_REQUEST, words)
    })
}

fn refuse(denied: Denied) -> Response {
    let mut response = plain(denied.status(), &denied.to_string());
    if denied == Denied::TooOften {
        response.headers_mut().insert(RETRY_AFTER, Attempts::WINDOW.as_secs().into());
    }
    response
}

fn plain(status: StatusCode, words: &str) -> Response {
    (status, words.to_owned()).into_response()
}

impl LiveRun {
    fn report(&self) -> Option<Arc<Report>> {
        self.report.borrow().clone()
    }
}
