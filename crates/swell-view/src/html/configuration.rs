//! What was run, and how to run it again.

use maud::html;

use super::Section;
use super::parts::{cell, facts};
use super::view::RunView;

pub(super) fn section(run: &RunView<'_>) -> Option<Section> {
    if !run.is_over() {
        return None;
    }
    let time = if run.virtual_time { "virtual" } else { "real" };
    let body = html! {
        (facts(vec![
            ("Run", html! { code { (run.id) } }),
            ("Seed", html! { code { (run.seed) } }),
            ("Journey", cell(run.journey)),
            ("Target", cell(run.target)),
            ("Chain", cell(run.chain_id.to_string())),
            ("Time", cell(time)),
            ("Swell", cell(run.version)),
        ]))
        @if let Some(configuration) = run.configuration {
            h3 { "To run it again" }
            p {
                "The run's folder holds these settings, the seed among them, as a run file: "
                code { "swell run config.toml" } " plans the same arrivals again."
            }
            details {
                summary { "Configuration, each setting with where it came from" }
                pre { (configuration) }
            }
        }
    };
    Some(Section { id: "configuration", title: "Configuration", body })
}
