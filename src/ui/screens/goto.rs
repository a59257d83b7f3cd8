//! Asks for a moment of the run, to go to it.

use super::{Screen, Seen};
use crate::sim::complaint::nearest;
use crate::sim::units::Duration;
use crate::ui::engine::Until;
use crate::ui::entry::Typed;
use crate::ui::keymap::{Action, Context};
use crate::ui::pen::Pen;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::update::Effect;
use crate::ui::view::Header;

/// The longest text.
const TYPED_MAX: usize = 40;

/// A moment, while it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Goto {
    typed: Typed,
}

impl Screen for Goto {
    fn context(&self) -> Context {
        Context::Entry
    }

    fn is_typing(&self) -> bool {
        true
    }

    fn popup(&self, size: (u16, u16)) -> Option<(u16, u16)> {
        Some((size.0.min(76), 5))
    }

    fn update(&mut self, seen: Seen<'_>, action: Action) -> Effect {
        match action {
            Action::Back => return Effect::Close,
            Action::Open if self.typed.trim().is_empty() => return Effect::Close,
            Action::Open => {
                // What is wrong stands below what was typed.
                if let Ok(until) = place(&self.typed, &seen.frame.header) {
                    return Effect::Leave(until);
                }
            }
            _ => {
                self.typed.edit(action, TYPED_MAX);
            }
        }
        Effect::None
    }

    fn draw(&self, seen: Seen<'_>, pen: &mut Pen<'_>) {
        pen.clear();
        let mut inner = pen.frame("Go to", "", true);
        let x = inner.text(1, 0, "moment ", Role::Plain);
        inner.text(x, 0, &self.typed.shown(TYPED_MAX + 1), Role::Strong);
        let header = &seen.frame.header;
        let (said, role) = match place(&self.typed, header) {
            _ if self.typed.trim().is_empty() => {
                let end = text::moment(header.end_ns);
                (format!("the run ends at {end}s"), Role::Dim)
            }
            Ok(Until::Time(ns)) => (format!("{}s", text::moment(ns)), Role::Good),
            Ok(Until::Event(event)) => (format!("after event #{event}"), Role::Good),
            Ok(Until::NextMark) => (String::new(), Role::Good),
            Err(why) => (why, Role::Warn),
        };
        inner.text(1, 1, &said, role);
        inner.text(1, 2, EXAMPLES, Role::Dim);
    }
}

const EXAMPLES: &str = "12.48s  1m30s  +2s  -500ms  #31877 (event)  50%  start  end";

/// The place that a text means, in a run that stands somewhere; the error is one line.
///
/// A span of time counts from the start; with `+` or `-` from where the run stands; `#` is the number of an event, which its
/// records bear too; a percentage is a share of the run.
///
/// # Errors
/// Where it means none, or one outside the run.
pub fn place(text: &str, here: &Header) -> Result<Until, String> {
    let text = text.trim();
    let ends = || format!("the run ends at {}s", text::moment(here.end_ns));
    if let Some(number) = text.strip_prefix('#') {
        let digits: String = number.chars().filter(|c| !",_ ".contains(*c)).collect();
        let event = digits.parse();
        return event
            .map(Until::Event)
            .map_err(|_| "# and the number of an event: #31877".into());
    }
    if let Some(share) = text.strip_suffix('%') {
        let share = share.trim().parse::<f64>().ok();
        let share = share.filter(|s| (0.0..=100.0).contains(s));
        return share
            .map(|s| Until::Time((here.end_ns as f64 * (s / 100.0)) as u64))
            .ok_or_else(|| "a share of the run is from 0% to 100%".into());
    }
    if let Some(rest) = text.strip_prefix('+') {
        let ns = here.now_ns.checked_add(span(rest)?);
        return ns
            .filter(|&ns| ns <= here.end_ns)
            .map(Until::Time)
            .ok_or_else(ends);
    }
    if let Some(rest) = text.strip_prefix(['-', '−']) {
        let ns = here.now_ns.checked_sub(span(rest)?);
        return ns
            .map(Until::Time)
            .ok_or_else(|| "that is before the start".into());
    }
    match text.to_lowercase().as_str() {
        "end" => return Ok(Until::Time(here.end_ns)),
        "start" => return Ok(Until::Time(0)),
        _ => {}
    }
    let ns = span(text)?;
    if ns > here.end_ns {
        return Err(ends());
    }
    Ok(Until::Time(ns))
}

/// A span of time, ns, that may have several parts: `1m30s`.
fn span(text: &str) -> Result<u64, String> {
    let text = text.trim();
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Err(match nearest(text, ["start", "end"]) {
            Some(near) => format!("`{text}` is no moment: did you mean `{near}`?"),
            None => format!("`{text}` is no moment"),
        });
    }
    if text.parse::<f64>().is_ok() {
        return Err(format!(
            "{text} of what? {text}s, {text}ms, #{text}, {text}%"
        ));
    }
    let mut sum = 0u64;
    let mut rest = text;
    while !rest.is_empty() {
        let is_number = |c: char| c.is_ascii_digit() || c == '.';
        let unit = rest.find(|c| !is_number(c)).unwrap_or(rest.len());
        let end = rest[unit..]
            .find(is_number)
            .map_or(rest.len(), |at| unit + at);
        let part: Duration = rest[..end].trim().parse()?;
        let more = sum.checked_add(part.ns());
        sum = more.ok_or("no run is that long")?;
        rest = rest[end..].trim_start();
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::*;
    use crate::ui::fixture;
    use crate::ui::keymap::Action;
    use crate::ui::snapshots::{check, picture};
    use crate::ui::update::update;

    const MS: u64 = 1_000_000;

    fn here() -> Header {
        Header {
            now_ns: 12_480 * MS,
            end_ns: 120_000 * MS,
            ..Header::default()
        }
    }

    #[test]
    fn a_moment_is_written_in_many_ways() {
        for (text, meant) in [
            ("12.48s", Until::Time(12_480 * MS)),
            ("1m30s", Until::Time(90_000 * MS)),
            (" 1m 500ms ", Until::Time(60_500 * MS)),
            ("120s", Until::Time(120_000 * MS)),
            ("0s", Until::Time(0)),
            ("+2s", Until::Time(14_480 * MS)),
            ("-500ms", Until::Time(11_980 * MS)),
            ("- 12.48s", Until::Time(0)),
            ("#31877", Until::Event(31_877)),
            ("#31,877", Until::Event(31_877)),
            ("50%", Until::Time(60_000 * MS)),
            ("100%", Until::Time(120_000 * MS)),
            ("end", Until::Time(120_000 * MS)),
            ("Start", Until::Time(0)),
        ] {
            assert_eq!(place(text, &here()), Ok(meant), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_said_in_a_line() {
        for (text, said) in [
            ("12", "of what"),
            ("ende", "did you mean `end`"),
            ("12 parsecs", "parsecs"),
            ("121s", "ends at 120.000s"),
            ("+5m", "ends at 120.000s"),
            ("-13s", "before the start"),
            ("101%", "from 0% to 100%"),
            ("NaN%", "from 0% to 100%"),
            ("#", "number of an event"),
            ("#-1", "number of an event"),
            ("+", "no moment"),
            ("1s2", "2"),
            ("500y", "unknown unit"),
            ("🙂", "no moment"),
            ("1🙂2", "🙂"),
            ("18446744073s18446744073s", "no run is that long"),
        ] {
            let why = place(text, &here()).expect_err(text);
            assert!(why.contains(said), "{text}: {why}");
            assert!(!why.contains('\n'), "{text}: {why}");
        }
    }

    fn typed(model: &mut crate::ui::model::Model, text: &str) {
        text.chars().for_each(|c| {
            update(model, Action::Type(c));
        });
    }

    #[test]
    fn it_stays_open_until_a_moment_is_meant() {
        let mut m = fixture::model(120, 40);
        update(&mut m, Action::Goto);
        typed(&mut m, "12");
        assert_eq!(update(&mut m, Action::Open), Effect::None);
        assert_eq!(m.screens.len(), 1);
        typed(&mut m, "s");
        let effect = update(&mut m, Action::Open);
        assert_eq!(effect, Effect::Seek(Until::Time(12_000 * MS)));
        assert!(m.screens.is_empty());
        update(&mut m, Action::Goto);
        typed(&mut m, "12s");
        assert_eq!(update(&mut m, Action::Back), Effect::None);
        assert!(m.screens.is_empty());
    }

    #[test]
    fn a_screen_over_which_it_was_opened_stays_open() {
        let mut m = fixture::model(120, 40);
        update(&mut m, Action::Forks);
        update(&mut m, Action::Goto);
        typed(&mut m, "end");
        let effect = update(&mut m, Action::Open);
        assert_eq!(effect, Effect::Seek(Until::Time(30_000 * MS)));
        assert!(matches!(m.screens[..], [super::super::Open::Forks(_)]));
    }

    #[test]
    fn it_looks_like_this() {
        for (w, h) in [(80, 24), (120, 40), (200, 60)] {
            let mut m = fixture::model(w, h);
            update(&mut m, Action::Goto);
            check(&format!("goto_{w}x{h}"), &picture(&m));
            typed(&mut m, "12.5 parsecs");
            if w == 80 {
                check("goto_mistake_80x24", &picture(&m));
            }
        }
    }

    #[test]
    fn a_long_way_shows_a_bar() {
        use crate::ui::seek::Bar;
        for (w, h) in [(80, 24), (120, 40), (200, 60)] {
            let mut m = fixture::model(w, h);
            m.seeking = Some(Bar {
                to: "25.000s".into(),
                share: Some(0.43),
            });
            check(&format!("seek_{w}x{h}"), &picture(&m));
        }
        let mut m = fixture::model(80, 24);
        m.seeking = Some(Bar {
            to: "the next mark, now at 12.480s".into(),
            share: None,
        });
        m.notice = "something else".into();
        check("seek_mark_80x24", &picture(&m));
    }

    #[test]
    fn escape_cancels_a_long_way_and_nothing_else() {
        let mut m = fixture::model(120, 40);
        update(&mut m, Action::Forks);
        m.playback.waiting = vec![Action::StepOn];
        m.seeking = Some(crate::ui::seek::Bar {
            to: "the end".into(),
            share: None,
        });
        let esc = KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE);
        let action = crate::ui::keymap::action(&m.contexts(), esc).expect("an action");
        assert_eq!(update(&mut m, action), Effect::Cancel);
        assert_eq!(m.screens.len(), 1);
        assert!(m.playback.waiting.is_empty());
    }
}
