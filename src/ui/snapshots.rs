//! Pictures of the screens, and the promise that none of them panics or shows a sign it must not.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::fixture;
use super::fixture_services::{shop, shop_by_events};
use super::glyphs;
use super::keymap::Action;
use super::layout::Pane;
use super::model::{Model, Overlay, REAL_TIME};
use super::picker::{self, Picker};
use super::screen;
use super::style::{GlyphSet, Look, Theme};
use super::update::update;
use super::view::Fact;

fn look(glyphs: GlyphSet, colour: bool) -> Look {
    let theme = if colour { Theme::Dark } else { Theme::Mono };
    Look { glyphs, theme }
}

fn blank(width: u16, height: u16) -> Buffer {
    Buffer::empty(Rect::new(0, 0, width, height))
}

pub(super) fn picture(model: &Model) -> Buffer {
    let mut buffer = blank(model.size.0, model.size.1);
    screen::draw(model, &mut buffer);
    buffer
}

/// A letter for a style; capitals are bold, `~` before it would be reversed.
fn letter(fg: Color, modifier: Modifier) -> char {
    let letter = match fg {
        Color::Reset => '.',
        Color::DarkGray => 'd',
        Color::Red | Color::LightRed => 'r',
        Color::Green => 'g',
        Color::Yellow => 'y',
        Color::Blue | Color::LightBlue => 'b',
        Color::Magenta | Color::LightMagenta => 'm',
        Color::Cyan => 'c',
        _ => '?',
    };
    if modifier.contains(Modifier::REVERSED) {
        '#'
    } else if modifier.contains(Modifier::BOLD) {
        if letter == '.' {
            'B'
        } else {
            letter.to_ascii_uppercase()
        }
    } else if modifier.contains(Modifier::DIM) {
        ','
    } else {
        letter
    }
}

/// The screen as text, then its styles as letters.
fn dump(buffer: &Buffer) -> String {
    let mut text = String::new();
    let mut styles = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut style = String::new();
        let mut skip = 0;
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            assert_eq!(cell.bg, Color::Reset, "the background is the user's own");
            style.push(letter(cell.fg, cell.modifier));
            if skip > 0 {
                skip -= 1;
                continue;
            }
            line.push_str(cell.symbol());
            skip = cell.symbol().width().saturating_sub(1);
        }
        text.push_str(line.trim_end());
        text.push('\n');
        styles.push_str(style.trim_end_matches('.'));
        styles.push('\n');
    }
    format!(
        "{text}\nstyles: . plain, d grey, r red, g green, y yellow, b blue, m magenta, c cyan; capital or B bold, , dim, # reversed\n{styles}"
    )
}

pub(super) fn check(name: &str, buffer: &Buffer) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/ui");
    insta::with_settings!({snapshot_path => path, prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, dump(buffer));
    });
}

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

#[test]
fn the_dashboard_at_three_sizes() {
    for (w, h) in SIZES {
        for (set, set_name) in [(GlyphSet::Block, "unicode"), (GlyphSet::Ascii, "ascii")] {
            for (colour, colour_name) in [(true, "colour"), (false, "mono")] {
                let mut model = fixture::model(w, h);
                model.look = look(set, colour);
                check(
                    &format!("main_{w}x{h}_{set_name}_{colour_name}"),
                    &picture(&model),
                );
            }
        }
    }
}

#[test]
fn the_dashboard_in_each_theme() {
    for theme in Theme::ALL {
        let mut model = fixture::model(120, 40);
        model.look.theme = theme;
        let name = theme.name().replace('-', "_");
        check(&format!("main_120x40_theme_{name}"), &picture(&model));
    }
}

#[test]
fn the_dashboard_in_braille() {
    let mut model = fixture::model(120, 40);
    model.look = look(GlyphSet::Braille, true);
    check("main_120x40_braille", &picture(&model));
}

#[test]
fn the_smallest_dashboard() {
    check("main_60x16", &picture(&fixture::model(60, 16)));
}

#[test]
fn few_and_many_nodes() {
    for count in [5, 50, 500] {
        for (w, h) in SIZES {
            let mut model = fixture::model(w, h);
            model.frame = fixture::crowd(count);
            check(&format!("crowd_{count}_{w}x{h}"), &picture(&model));
        }
    }
}

#[test]
fn groups_of_nodes_open_and_close() {
    for (w, h) in SIZES {
        let mut model = fixture::model(w, h);
        model.frame = fixture::crowd(500);
        // To the brokers, in there, and down.
        for action in [Action::Down, Action::Down, Action::Open] {
            update(&mut model, action);
        }
        (0..40).for_each(|_| drop(update(&mut model, Action::Down)));
        check(&format!("crowd_500_open_{w}x{h}"), &picture(&model));
        let node = model.selection(Pane::Topology);
        assert_eq!(node, Some(166 + 40), "forty below the first of them");
        update(&mut model, Action::Group);
        assert_eq!(model.selection(Pane::Topology), node);
        // That of the first layer and this one.
        assert_eq!(dump(&picture(&model)).matches("×166 ").count(), 2);
    }
}

#[test]
fn a_log_that_is_searched_and_filtered_and_a_table_that_is_sorted() {
    for (w, h) in SIZES {
        let mut model = fixture::model(w, h);
        let keys = [
            Action::Focus(Pane::Queues),
            Action::Sort,
            Action::SortBack,
            Action::Search,
        ];
        for action in keys {
            update(&mut model, action);
        }
        for c in "orders/0".chars() {
            update(&mut model, Action::Type(c));
        }
        // On the second hit, so that the first is marked.
        for action in [Action::Open, Action::NextFound] {
            update(&mut model, action);
        }
        check(&format!("search_{w}x{h}"), &picture(&model));
        update(&mut model, Action::Kinds);
        check(&format!("kinds_{w}x{h}"), &picture(&model));
    }
}

#[test]
fn zones_as_boxes() {
    for count in [5, 50, 500] {
        for (w, h) in SIZES {
            let mut model = fixture::model(w, h);
            model.frame = fixture::crowd(count);
            update(&mut model, Action::Zones);
            update(&mut model, Action::Zoom);
            check(&format!("zones_{count}_{w}x{h}"), &picture(&model));
        }
    }
}

#[test]
fn services_at_three_sizes() {
    for (w, h) in SIZES {
        for (name, frame) in [("shop", shop()), ("shop_by_events", shop_by_events())] {
            let mut model = fixture::model(w, h);
            model.frame = frame;
            check(&format!("{name}_{w}x{h}"), &picture(&model));
        }
    }
}

#[test]
fn a_service_closely() {
    let mut model = fixture::model(80, 24);
    model.frame = shop();
    for action in [
        Action::Focus(Pane::Queues),
        Action::Down,
        Action::Down,
        Action::Open,
    ] {
        update(&mut model, action);
    }
    assert_eq!(model.subject(), Some(super::engine::Subject::Service(1)));
    let facts = [
        ("held", "32 now, 32 at most, 19 in the mean"),
        ("orders-1", "118 wait, 32 held"),
    ];
    model.facts = facts
        .map(|(name, value)| Fact {
            name: name.into(),
            value: value.into(),
        })
        .to_vec();
    check("detail_service", &picture(&model));
    // To what happened to it.
    update(&mut model, Action::Open);
    assert_eq!(model.filter, "orders");
    assert_eq!(model.events().len(), 2);
}

#[test]
fn a_run_with_both_shows_the_latency_that_is_asked_for() {
    let mut model = fixture::model(120, 40);
    model.frame = shop_by_events();
    let scope = |model: &Model| model.latency().0.scope.clone();
    assert_eq!(scope(&model), "of requests: good answers");
    update(&mut model, Action::LatencyOf);
    assert_eq!(scope(&model), "of messages: end to end");
    assert!(dump(&picture(&model)).contains("of messages: end to end"));
    update(&mut model, Action::LatencyOf);
    assert_eq!(scope(&model), "of requests: good answers");
    // Where there is one only, it stays.
    let mut one = fixture::model(120, 40);
    update(&mut one, Action::LatencyOf);
    assert_eq!(scope(&one), "end to end");
}

#[test]
fn each_pane_alone() {
    for pane in Pane::ALL {
        let mut model = fixture::model(100, 30);
        update(&mut model, Action::Focus(pane));
        update(&mut model, Action::Zoom);
        update(&mut model, Action::Down);
        let name = pane.title().to_lowercase().replace(' ', "_");
        check(&format!("zoom_{name}"), &picture(&model));
    }
}

#[test]
fn a_terminal_too_small() {
    check("too_small_40x10", &picture(&fixture::model(40, 10)));
}

fn picker_with_preview(look: Look) -> Picker {
    let mut picker = Picker::new(fixture::entries(), look, REAL_TIME);
    for _ in 0..2 {
        picker.update(Action::Down, || 7);
    }
    picker.live = Some(fixture::live());
    picker
}

fn picker_picture(picker: &Picker, width: u16, height: u16) -> Buffer {
    let mut buffer = blank(width, height);
    picker::draw(picker, &mut buffer);
    buffer
}

#[test]
fn the_picker_at_three_sizes() {
    for (w, h) in SIZES {
        for (set, set_name) in [(GlyphSet::Block, "unicode"), (GlyphSet::Ascii, "ascii")] {
            for (colour, colour_name) in [(true, "colour"), (false, "mono")] {
                let picker = picker_with_preview(look(set, colour));
                check(
                    &format!("picker_{w}x{h}_{set_name}_{colour_name}"),
                    &picker_picture(&picker, w, h),
                );
            }
        }
    }
}

#[test]
fn the_picker_before_and_without_a_preview() {
    let mut picker = picker_with_preview(Look::default());
    let smallest = picker_picture(&picker, 60, 16);
    check("picker_60x16", &smallest);
    picker.live = None;
    check("picker_80x24_waiting", &picker_picture(&picker, 80, 24));
    let mut broken = Picker::new(fixture::entries(), Look::default(), REAL_TIME);
    for action in [Action::Bottom, Action::Open] {
        broken.update(action, || 7);
    }
    check("picker_120x40_broken", &picker_picture(&broken, 120, 40));
    for (w, h) in SIZES {
        let mut help = picker_with_preview(Look::default());
        help.update(Action::Help, || 7);
        check(
            &format!("picker_help_{w}x{h}"),
            &picker_picture(&help, w, h),
        );
    }
}

#[test]
fn the_picker_with_many_nodes() {
    let mut picker = picker_with_preview(Look::default());
    picker.live = Some(fixture::live());
    if let Some(live) = &mut picker.live {
        live.frame = fixture::crowd(500);
    }
    check("picker_80x24_crowd", &picker_picture(&picker, 80, 24));
}

/// Every model of the sort a person can get to in a few keys.
fn models() -> Vec<Model> {
    let base = fixture::model(80, 24);
    let mut all = vec![base.clone()];
    for overlay in [
        Overlay::Help(3),
        Overlay::Detail,
        Overlay::Seed("18446744073709551615".into()),
        Overlay::Filter,
    ] {
        let mut model = base.clone();
        model.selected = [Some(1); 6];
        model.overlay = overlay;
        all.push(model);
    }
    for pane in Pane::ALL {
        let mut model = base.clone();
        (model.focus, model.zoom) = (pane, true);
        model.selected = [Some(99); 6];
        all.push(model);
    }
    let mut empty = base.clone();
    empty.frame = super::view::Frame::default();
    all.push(empty);
    for frame in [shop(), shop_by_events()] {
        let mut model = base.clone();
        model.frame = frame;
        all.push(model);
    }
    let mut crowd = base;
    crowd.frame = fixture::crowd(60);
    all.push(crowd);
    all
}

#[test]
fn every_screen_draws_at_every_size() {
    let models = models();
    for (number, model) in models.iter().enumerate() {
        let mut model = model.clone();
        model.look.glyphs = [GlyphSet::Block, GlyphSet::Ascii, GlyphSet::Braille][number % 3];
        for width in 0..=200u16 {
            for height in 0..=60u16 {
                let edge = width >= 198
                    || height >= 58
                    || width.abs_diff(60) < 2
                    || height.abs_diff(16) < 2;
                if edge || (usize::from(width) + 3 * usize::from(height)) % 11 == number % 11 {
                    model.size = (width, height);
                    picture(&model);
                }
            }
        }
    }
}

/// Where products of cells leave a `u16`.
#[test]
fn screens_larger_than_any_are_drawn() {
    for (w, h) in [(2_000, 20), (70, 4_000)] {
        picture(&fixture::model(w, h));
    }
    for (w, h) in [(2_000, 20), (70, 7_500)] {
        picker_picture(&picker_with_preview(Look::default()), w, h);
    }
}

#[test]
fn the_picker_draws_at_every_size() {
    let mut picker = Picker::new(fixture::entries(), Look::default(), REAL_TIME);
    let mut crowd = fixture::live();
    crowd.frame = fixture::crowd(60);
    let mut empty = fixture::live();
    empty.frame = super::view::Frame::default();
    let lives = [None, Some(fixture::live()), Some(crowd), Some(empty)];
    for (live, number) in lives.into_iter().zip(0u16..) {
        picker.live = live;
        for width in 0..=200 {
            for height in (0..=60).filter(|h| (h + width) % 3 == number % 3) {
                picker_picture(&picker, width, height);
            }
        }
        picker.update([Action::Down, Action::Help][usize::from(number / 2)], || 7);
    }
}

#[test]
fn ascii_means_ascii() {
    for mut model in models() {
        model.look = look(GlyphSet::Ascii, true);
        for (w, h) in SIZES {
            model.size = (w, h);
            for cell in &picture(&model).content {
                assert!(cell.symbol().is_ascii(), "{:?}", cell.symbol());
            }
        }
    }
    let picker = picker_with_preview(look(GlyphSet::Ascii, true));
    for cell in &picker_picture(&picker, 120, 40).content {
        assert!(cell.symbol().is_ascii(), "{:?}", cell.symbol());
    }
}

#[test]
fn nothing_can_be_drawn_as_an_emoji() {
    for mut model in models() {
        for set in [GlyphSet::Block, GlyphSet::Braille] {
            model.look.glyphs = set;
            for (w, h) in SIZES {
                model.size = (w, h);
                for cell in &picture(&model).content {
                    assert!(!cell.symbol().chars().any(glyphs::can_be_emoji), "{cell:?}");
                }
            }
        }
    }
}

#[test]
fn colour_adds_nothing_to_the_text() {
    for mut model in models() {
        for (w, h) in SIZES {
            model.size = (w, h);
            let text = |buffer: Buffer| -> Vec<String> {
                buffer
                    .content
                    .iter()
                    .map(|c| c.symbol().to_string())
                    .collect()
            };
            model.look.theme = Theme::Dark;
            let coloured = text(picture(&model));
            model.look.theme = Theme::Mono;
            assert_eq!(coloured, text(picture(&model)));
        }
    }
}

#[test]
fn the_same_picture_gives_the_same_screen() {
    let model = fixture::model(120, 40);
    assert_eq!(picture(&model), picture(&model));
}

#[test]
fn groups_count_every_node() {
    let mut model = fixture::model(120, 40);
    model.frame = fixture::crowd(500);
    let text = dump(&picture(&model));
    for part in ["web ×166", "broker ×166", "billing ×168"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}

#[test]
fn what_has_the_keys_is_told_without_colour_and_is_one_thing() {
    let looks = [(GlyphSet::Block, "┌▸"), (GlyphSet::Ascii, "+>")];
    for (glyphs, sign) in looks {
        for (w, h) in [(80, 24), (120, 40), (200, 60)] {
            let told = |model: &Model| {
                let shown = picture(model);
                let rows =
                    (0..h).map(|y| -> String { (0..w).map(|x| shown[(x, y)].symbol()).collect() });
                let titles = rows.flat_map(|row| {
                    let told = row.split(sign).skip(1).map(str::to_owned);
                    told.collect::<Vec<_>>()
                });
                titles.collect::<Vec<_>>()
            };
            let fresh = || {
                let mut model = fixture::model(w, h);
                model.look = look(glyphs, false);
                model
            };
            for pane in Pane::ALL {
                let mut model = fresh();
                model.focus = pane;
                let titles = told(&model);
                assert_eq!(titles.len(), 1, "{pane:?}");
                assert!(titles[0].starts_with(&format!("{} ", pane.index() + 1)));
            }
            for (opened, title) in [
                (Action::Help, "Help"),
                (Action::Forks, "Forks"),
                (Action::Palette, "Everything"),
                (Action::Inject, "Do to the run"),
                (Action::Compare, "Compare"),
                (Action::Breaks, "Breakpoints"),
                (Action::Goto, "Go to"),
                (Action::Seed, "Seed"),
                (Action::Lineage, "Lineage"),
            ] {
                let mut model = fresh();
                update(&mut model, opened);
                let titles = told(&model);
                assert_eq!(titles.len(), 1, "{opened:?}: {titles:?}");
                assert!(titles[0].starts_with(title), "{opened:?}: {titles:?}");
                // Over a screen that fills all.
                update(&mut model, Action::Help);
                assert_eq!(told(&model).len(), 1, "{opened:?} and its help");
            }
        }
    }
}
