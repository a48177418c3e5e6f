//! `swell check`.

use swell_view::check::{check_json, check_text};

use super::run::{Refusal, clock, runtime};
use crate::config::Settings;
use crate::connection::Connection;
use crate::exit::Exit;
use crate::{check as checking, terminal};

/// Checks the target and the plan of `settings`, sending no transaction; `json` prints for machines.
#[must_use]
pub fn check(settings: Settings, json: bool) -> Exit {
    let checked = runtime(settings.virtual_time)
        .map_err(|error| Refusal::new(Exit::Check, &error))
        .and_then(|runtime| runtime.block_on(perform(settings, json)));
    match checked {
        Ok(exit) => exit,
        Err(refusal) => {
            terminal::complain(&format!("error: {}\n", refusal.words));
            Exit::Check
        }
    }
}

async fn perform(settings: Settings, json: bool) -> Result<Exit, Refusal> {
    let connection = Connection::open(&settings, clock(settings.virtual_time)).await?;
    let checked = checking::examine(&connection, &settings).await;
    let text = if json {
        check_json(&checked.report).map_err(|error| Refusal::new(Exit::Check, &error))?
    } else {
        check_text(&checked.report, terminal::page())
    };
    terminal::print(&text);
    connection.close().await;
    Ok(if checked.refuses() { Exit::Check } else { Exit::Passed })
}
