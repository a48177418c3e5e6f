//! Everything at a glance: the essentials on 80 × 24, and other panels beside them where there is room.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::widgets::Widget;
use swell_core::snapshot::Snapshot;

use super::screen::Screen;
use super::{
    charts, endpoints, failures, host, messages, steps, thresholds, throughput, times, wallets,
};

/// Columns of the essentials, where there is something beside them.
const ESSENTIALS_WIDTH: u16 = 80;

/// From here on there is something beside them.
const WIDE: u16 = 150;
const TALL: u16 = 30;

pub(super) fn draw(snapshot: &Snapshot, screen: &Screen, area: Rect, buffer: &mut Buffer) {
    if area.width >= WIDE && area.height >= TALL {
        wide(snapshot, screen, area, buffer);
    } else {
        narrow(snapshot, screen, area, buffer);
    }
}

/// Blocks of the essentials, with a line between them where the height allows.
fn narrow(snapshot: &Snapshot, screen: &Screen, area: Rect, buffer: &mut Buffer) {
    let palette = screen.palette;
    let step_rows = steps::height(snapshot);
    // Beyond what 24 lines hold, steps come first, then thresholds.
    let spare = area.height.saturating_sub(18);
    let steps_shown = if spare > 4 { step_rows.min(spare - 1) } else { 0 };
    let gap = u16::from(steps_shown > 0);
    let [top, users, pool, verdict, failed, reached, own, beside] = Layout::vertical([
        Constraint::Length(throughput::HEIGHT + 1),
        Constraint::Length(times::HEIGHT + 1),
        Constraint::Length(wallets::HEIGHT + 1),
        Constraint::Fill(1),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1 + gap),
        Constraint::Length(steps_shown),
    ])
    .areas(area);
    throughput::draw(snapshot, palette, top, buffer);
    times::draw(snapshot, palette, users, buffer);
    wallets::draw(snapshot, palette, pool, buffer);
    let [tally, list] =
        Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(verdict);
    thresholds::tally(snapshot, palette).render(tally, buffer);
    thresholds::in_short(snapshot, palette, list, buffer);
    failures::in_short(snapshot, palette, failed.width).render(failed, buffer);
    endpoints::in_short(snapshot, palette).render(reached, buffer);
    host::line(snapshot, palette).render(Rect { height: 1, ..own }, buffer);
    steps::draw(snapshot, screen, 0, beside, buffer);
}

fn wide(snapshot: &Snapshot, screen: &Screen, area: Rect, buffer: &mut Buffer) {
    let palette = screen.palette;
    let [left, _, right] = Layout::horizontal([
        Constraint::Length(ESSENTIALS_WIDTH),
        Constraint::Length(3),
        Constraint::Fill(1),
    ])
    .areas(area);
    let thresholds_height = 1 + snapshot.thresholds.len() as u16;
    let [top, users, pool, own, verdict, failed, said] = Layout::vertical([
        Constraint::Length(throughput::HEIGHT + 1),
        Constraint::Length(times::HEIGHT + 1),
        Constraint::Length(wallets::HEIGHT + 1),
        Constraint::Length(2),
        Constraint::Length(thresholds_height + 1),
        Constraint::Fill(1),
        Constraint::Fill(1),
    ])
    .areas(left);
    throughput::draw(snapshot, palette, top, buffer);
    times::draw(snapshot, palette, users, buffer);
    wallets::draw(snapshot, palette, pool, buffer);
    host::line(snapshot, palette).render(Rect { height: 1, ..own }, buffer);
    thresholds::draw(snapshot, palette, without_last(verdict), buffer);
    failures::draw(snapshot, palette, 0, without_last(failed), buffer);
    messages::draw(Some(snapshot), screen, 0, said, buffer);
    let [rates, latencies, rows, reached] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Fill(1),
        Constraint::Max(steps::height(snapshot) + 1),
        Constraint::Max(endpoints::height(snapshot)),
    ])
    .spacing(1)
    .areas(right);
    charts::throughput(snapshot, palette, rates, buffer);
    charts::latencies(snapshot, palette, latencies, buffer);
    steps::draw(snapshot, screen, 0, rows, buffer);
    endpoints::draw(snapshot, palette, 0, reached, buffer);
}

/// The line that sets a block apart from the next stays empty.
const fn without_last(area: Rect) -> Rect {
    Rect { height: area.height.saturating_sub(1), ..area }
}
