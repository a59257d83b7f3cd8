use super::*;
use crate::ui::fixture;

fn picker() -> Picker {
    Picker::new(fixture::entries(), Look::default(), REAL_TIME)
}

fn typed(p: &mut Picker, text: &str) {
    for c in text.chars() {
        p.update(Action::Type(c), || 7);
    }
}

#[test]
fn the_filter_narrows_and_enter_runs_what_is_left() {
    let mut p = picker();
    p.update(Action::Filter, || 7);
    typed(&mut p, "retry");
    p.update(Action::Open, || 7);
    let picked = p.update(Action::Open, || 7);
    let Some(Picked::Run { entry, seed, speed }) = picked else {
        panic!("{picked:?}");
    };
    assert_eq!(p.entries[entry].name, "retry-storm");
    assert_eq!((seed, speed), (None, 1.0));
}

#[test]
fn a_filter_that_is_dropped_leaves_selected_what_was() {
    let name = |p: &Picker| p.current().map(|(_, e)| e.name.clone());
    let mut p = picker();
    p.update(Action::Down, || 7);
    let second = name(&p);
    // Whoever thinks better of it while typing is back where he was.
    p.update(Action::Filter, || 7);
    typed(&mut p, "retry");
    assert_eq!(name(&p).as_deref(), Some("retry-storm"));
    p.update(Action::Back, || 7);
    assert_eq!(name(&p), second);
    // What was found and taken stays selected when all are shown again.
    p.update(Action::Filter, || 7);
    typed(&mut p, "retry");
    p.update(Action::Open, || 7);
    p.update(Action::Back, || 7);
    assert_eq!(name(&p).as_deref(), Some("retry-storm"));
}

#[test]
fn what_is_selected_stays_so_when_files_come_and_go() {
    let mut p = picker();
    p.update(Action::Down, || 7);
    let name = p.current().map(|(_, e)| e.name.clone());
    let mut entries = fixture::entries();
    entries.remove(0);
    p.renew(entries);
    assert_eq!(p.current().map(|(_, e)| e.name.clone()), name);
    p.renew(Vec::new());
    assert_eq!(p.wanted(), None);
    p.renew(fixture::entries());
    assert!(p.wanted().is_some());
}

#[test]
fn a_broken_file_says_why_instead_of_running() {
    let mut p = picker();
    p.update(Action::Bottom, || 7);
    assert_eq!(p.update(Action::Open, || 7), None);
    assert!(p.notice.contains("14:21"), "{}", p.notice);
}

#[test]
fn a_caret_stays_below_what_it_points_at() {
    let report = ["  |", "2 | nodes: [(nme: \"x\")]", "  |          ^^^"];
    let mut entries = fixture::entries();
    entries.retain(|e| e.error.is_some());
    entries[0].preview = report.map(String::from).to_vec();
    let p = Picker::new(entries, Look::default(), REAL_TIME);
    let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 80, 24));
    draw(&p, &mut buffer);
    let row = |y: u16| -> String { (0..80).map(|x| buffer[(x, y)].symbol()).collect() };
    let column = |text: &str| (0..24).find_map(|y| row(y).find(text));
    assert!(column("nme").is_some());
    assert_eq!(column("^^^"), column("nme"));
}

#[test]
fn a_chosen_seed_goes_along() {
    let mut p = picker();
    p.update(Action::Seed, || 7);
    typed(&mut p, "4x2");
    p.update(Action::Open, || 7);
    assert!(matches!(
        p.update(Action::Open, || 7),
        Some(Picked::Run { seed: Some(42), .. })
    ));
    p.update(Action::RandomSeed, || 7);
    assert!(matches!(
        p.update(Action::Open, || 7),
        Some(Picked::Run { seed: Some(7), .. })
    ));
}

#[test]
fn what_is_selected_shall_play_with_the_seed_it_would_run_with() {
    let mut p = picker();
    let first = p.wanted().expect("a scenario");
    assert_eq!((first.entry, first.seed), (0, None));
    p.update(Action::Down, || 7);
    p.update(Action::RandomSeed, || 7);
    let second = p.wanted().expect("a scenario");
    assert_eq!((second.entry, second.seed), (1, Some(7)));
    p.update(Action::Bottom, || 7);
    assert_eq!(p.wanted(), None, "a file with mistakes cannot play");
}

#[test]
fn space_holds_and_lets_go() {
    let mut p = picker();
    p.update(Action::Pause, || 7);
    assert!(p.is_held());
    p.update(Action::Pause, || 7);
    assert!(!p.is_held());
}

#[test]
fn an_impossible_seed_is_refused() {
    let mut p = picker();
    p.update(Action::Seed, || 7);
    typed(&mut p, "99999999999999999999");
    p.update(Action::Open, || 7);
    assert_eq!(p.update(Action::Open, || 7), None);
    assert!(p.notice.contains("whole number"));
}

#[test]
fn what_is_pressed_is_selected_and_pressed_twice_it_is_done() {
    let cell = |p: &Picker, text: &str| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
        draw(p, &mut buffer);
        let row = |y: u16| -> Vec<&str> { (0..80).map(|x| buffer[(x, y)].symbol()).collect() };
        let at = (1..23).find_map(|y| {
            let row = row(y);
            let x = (0..80).find(|&x| row[x..].concat().starts_with(text))?;
            Some((x as u16, y))
        });
        at.expect("it is there")
    };
    let mut p = picker();
    let (x, y) = cell(&p, "retry-storm");
    assert_eq!(p.update(Action::Click(x, y), || 7), None);
    assert_eq!(
        p.current().map(|(_, e)| e.name.as_str()),
        Some("retry-storm")
    );
    let picked = p.update(Action::DoubleClick(x, y), || 7);
    assert!(matches!(picked, Some(Picked::Run { .. })));
    // The help is over the list: what is below it cannot be pressed.
    p.update(Action::Help, || 7);
    let (x, y) = cell(&p, "start faster");
    let speed = p.speed();
    p.update(Action::Click(x, y), || 7);
    assert_eq!(
        p.current().map(|(_, e)| e.name.as_str()),
        Some("retry-storm")
    );
    assert_eq!(p.update(Action::DoubleClick(x, y), || 7), None);
    assert!(p.speed() > speed && p.help.is_none());
}

/// What stands on the screen.
fn shown(p: &Picker) -> String {
    let (w, h) = p.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, w, h));
    draw(p, &mut buffer);
    let rows = (0..h).map(|y| -> String { (0..w).map(|x| buffer[(x, y)].symbol()).collect() });
    rows.collect::<Vec<_>>().join("\n")
}

/// A picker whose first scenario has more to say than there is room for.
fn long(size: (u16, u16)) -> Picker {
    let mut entries = fixture::entries();
    entries[0].preview = (0..90).map(|i| format!("line {i:02} of it")).collect();
    let mut p = Picker::new(entries, Look::default(), REAL_TIME);
    p.size = size;
    p
}

#[test]
fn the_preview_scrolls_to_its_last_line_and_tells_what_is_cut() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut p = long(size);
        assert!(shown(&p).contains("line 00 of it") && !shown(&p).contains("line 89"));
        assert!(shown(&p).contains(" more lines"));
        p.update(Action::NextPane, || 7);
        p.update(Action::Down, || 7);
        assert!(!shown(&p).contains("line 00 of it") && shown(&p).contains("line 01 of it"));
        assert!(shown(&p).contains("+1 above +"), "{}", shown(&p));
        p.update(Action::Bottom, || 7);
        assert!(shown(&p).contains("line 89 of it"), "{}", shown(&p));
        assert!(!shown(&p).contains("below") && shown(&p).contains(" above"));
        // From the end up moves at once.
        p.update(Action::Up, || 7);
        assert!(!shown(&p).contains("line 89 of it"), "{}", shown(&p));
        // The list has its keys back, and another scenario begins with its first line.
        p.update(Action::Back, || 7);
        p.update(Action::Down, || 7);
        p.update(Action::Up, || 7);
        assert!(shown(&p).contains("line 00 of it"));
    }
}

#[test]
fn the_wheel_moves_what_it_is_over() {
    let mut p = long((120, 40));
    let (list, preview) = ((4, 6), (110, 20));
    p.update(Action::WheelDown(preview.0, preview.1), || 7);
    assert!(!shown(&p).contains("line 00 of it"));
    assert_eq!(p.selected, 0);
    p.update(Action::WheelUp(preview.0, preview.1), || 7);
    assert!(shown(&p).contains("line 00 of it"));
    p.update(Action::WheelDown(list.0, list.1), || 7);
    assert_eq!(p.selected, 1);
    // Who presses on the preview scrolls it with the keys.
    p.update(Action::WheelUp(list.0, list.1), || 7);
    p.update(Action::Click(preview.0, preview.1), || 7);
    p.update(Action::PageDown, || 7);
    assert_eq!(p.selected, 0);
    assert!(!shown(&p).contains("line 00 of it"));
}
