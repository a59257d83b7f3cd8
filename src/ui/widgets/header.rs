//! The first line: which run, how it moves, where it stands.

use crate::ui::glyphs;
use crate::ui::model::{Playback, times};
use crate::ui::pen::Pen;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::Header;

/// Draws the line. What does not fit is left out from the least important on; scenario, time and state stay.
pub fn draw(pen: &mut Pen<'_>, header: &Header, play: &Playback) {
    let width = pen.width();
    let (word, role) = state(play);
    let state_at = width.saturating_sub(word.len() as u16 + 2);
    pen.text(state_at, 0, word, role);
    let mut end = state_at.saturating_sub(2);
    let gap = if width >= 100 { 3 } else { 2 };
    let parts = parts(header, play, width >= 100);
    let needed: u16 = parts
        .iter()
        .take(4)
        .map(|p| text::width(&p.0) as u16 + gap)
        .sum();
    for (long, short, role) in troubles(header, width >= 140).into_iter().rev() {
        for part in [long, short] {
            let w = text::width(&part) as u16;
            if end > needed + w {
                pen.text(end - w, 0, &part, role);
                end -= w + 2;
                break;
            }
        }
    }
    let mut x = 1;
    for (part, role) in parts {
        let w = text::width(&part) as u16;
        if x + w <= end {
            x = pen.text(x, 0, &part, role) + gap;
        }
    }
}

/// How the run moves, in a word.
pub(super) fn state(play: &Playback) -> (&'static str, Role) {
    if play.goal.is_some() {
        ("SEEKING", Role::Traffic)
    } else if play.ended {
        ("ENDED", Role::Strong)
    } else if play.paused {
        ("PAUSED", Role::Warn)
    } else {
        ("LIVE", Role::Good)
    }
}

/// What is wrong, and at the end what came of it: in words, in short, and its style.
pub(super) fn troubles(header: &Header, roomy: bool) -> Vec<(String, String, Role)> {
    let mut out = Vec::new();
    let plural = |n: u32| if n == 1 { "" } else { "s" };
    let short = |n: u32| text::short_count(u64::from(n));
    if header.faults > 0 {
        let n = header.faults;
        let active = if roomy { " active" } else { "" };
        let long = format!("! {} fault{}{active}", short(n), plural(n));
        out.push((long, format!("! {}", short(n)), Role::Warn));
    }
    if header.findings > 0 {
        let n = header.findings;
        let long = format!("{} {} finding{}", glyphs::BAD, short(n), plural(n));
        out.push((long, format!("{} {}", glyphs::BAD, short(n)), Role::Bad));
    }
    if let Some((met, all)) = header.met {
        let (sign, role) = if met == all {
            (glyphs::GOOD, Role::Good)
        } else {
            (glyphs::BAD, Role::Bad)
        };
        let (met, all) = (short(met), short(all));
        let long = format!("{sign} {met} of {all} expectations met");
        out.push((long, format!("{sign} {met}/{all} met"), role));
    }
    out
}

fn parts(header: &Header, play: &Playback, long: bool) -> Vec<(String, Role)> {
    let sign = if play.paused || play.ended {
        glyphs::PAUSED
    } else {
        glyphs::RIGHT
    };
    let mut speed = format!("{sign} {}", times(play.speed));
    if let Some(measured) = play.measured.filter(|_| !play.paused && !play.ended) {
        speed = format!("{speed} (now x{})", text::rate(measured));
    }
    let now = text::moment(header.now_ns);
    let end = text::span(header.end_ns);
    let time = if long {
        format!("t {now}s of {end}")
    } else {
        format!("{now}s/{end}")
    };
    let name = text::cut(&header.scenario, if long { 40 } else { 24 });
    let mut out = vec![
        (name, Role::Strong),
        (format!("seed {}", header.seed), Role::Plain),
        (speed, Role::Traffic),
        (time, Role::Strong),
    ];
    if long {
        out.push((
            format!("{} events", text::count(header.events)),
            Role::Plain,
        ));
        if !header.digest.is_empty() {
            out.push((format!("run {}", header.digest), Role::Dim));
        }
    }
    out
}
