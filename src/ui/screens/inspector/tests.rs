//! The inspector on screens of all sizes, and what its keys do.

use super::*;
use crate::ui::fixture;
use crate::ui::model::Model;
use crate::ui::screens::Open;
use crate::ui::snapshots::{check, picture};
use crate::ui::style::{GlyphSet, Look};
use crate::ui::update::update;
use crate::ui::view::lineage::About;
use crate::ui::view::{
    BeliefRow, Came, HandledRow, InspectedPart, LastEvent, MailRow, TimerRow, TrackRow, TrackValues,
};

fn text(value: &str) -> String {
    value.to_owned()
}

fn part(name: &str, word: &str, rows: &[(&str, &str)]) -> InspectedPart {
    InspectedPart {
        name: text(name),
        word: text(word),
        is_alive: true,
        rows: rows
            .iter()
            .map(|(name, value)| (text(name), text(value)))
            .collect(),
    }
}

fn came(event: u64, cause: u64, came: Came, what: &str, from: Option<&str>) -> HandledRow {
    HandledRow {
        event,
        at_ns: event * 400_000,
        cause,
        who: None,
        came,
        text: text(what),
        from: from.map(text),
    }
}

/// A broker that has just been told that it leads.
fn broker() -> Inspected {
    let broker = part(
        "events/broker-2",
        "broker",
        &[
            ("process", "lives  start 1"),
            ("role", "active  broker epoch 1"),
            ("metadata", "offset 109"),
            (
                "orders/0",
                "leads  epoch 4  end 1,877  high watermark 1,865  in sync 2  events/broker-1 (out) lag 1,877  events/broker-3 lag 12",
            ),
            (
                "orders/1",
                "follows events/broker-3  epoch 2  end 901  high watermark 901",
            ),
            ("waiting", "5 writes for replicas  0 reads for data"),
        ],
    );
    let machine = part(
        "broker-2",
        "machine in b",
        &[
            ("machine", "up"),
            ("cpu", "3 of 8 busy"),
            ("inbox", "12 wait  4 on their way  most 31"),
            (
                "disk",
                "written 912,004  synced to 870,100  unsynced 41,904  used 912,004  works",
            ),
            ("clock", "2s behind"),
        ],
    );
    let wave = |n: u64| (0..60).map(|i| Some(i * n % 1000)).collect();
    let track = |name: &str, now: &str, values| TrackRow {
        name: text(name),
        now: text(now),
        values,
    };
    let words = TrackValues::Words(
        vec![
            (0, 52, text("follows events/broker-1")),
            (52, 58, text("idle")),
            (58, 60, text("leads")),
        ],
        60,
    );
    Inspected {
        name: text("events/broker-2"),
        upto: 31_200,
        processes: vec![text("events/broker-2"), text("events/controller")],
        parts: vec![broker, machine],
        beliefs: vec![
            BeliefRow {
                who: None,
                about: text("leader of orders/1"),
                believes: text("events/broker-3 (epoch 2)"),
                truth: Some(text("events/broker-1 (epoch 3), down")),
                differs: true,
                in_vain: false,
            },
            BeliefRow {
                who: None,
                about: text("leader of orders/0"),
                believes: text("events/broker-2 (epoch 4)"),
                truth: Some(text("events/broker-2 (epoch 4)")),
                differs: false,
                in_vain: false,
            },
        ],
        timers: vec![
            TimerRow {
                name: text("heartbeat to the controller"),
                count: 1,
                next_ns: Some(12_530_000_000),
            },
            TimerRow {
                name: text("second"),
                count: 1,
                next_ns: Some(13_000_000_000),
            },
        ],
        inbox: vec![MailRow {
            word: text("produce"),
            from: text("checkout-1"),
            place: text("waits for a core"),
            count: 12,
        }],
        last: Some(LastEvent {
            row: came(
                31_200,
                31_187,
                Came::Message,
                "new metadata",
                Some("events/controller"),
            ),
            changed: vec![
                (
                    text("orders/0"),
                    Some(text("follows events/broker-1")),
                    Some(text("leads")),
                ),
                (text("orders/0 epoch"), Some(text("3")), Some(text("4"))),
                (text("orders/0 in sync"), None, Some(text("2"))),
                (text("orders/0 asks"), Some(text("broker-1")), None),
            ],
            timers: vec![
                ('+', text("produce timeout")),
                ('-', text("fetch from a leader again")),
            ],
            sent: vec![(text("fetch metadata"), text("events/controller"), 1)],
            told: vec![text("LEADS events/broker-2: orders/0 in epoch 4")],
        }),
        handled: vec![
            came(
                31_200,
                31_187,
                Came::Message,
                "new metadata",
                Some("events/controller"),
            ),
            came(
                31_150,
                31_102,
                Came::Message,
                "fetch",
                Some("events/broker-3"),
            ),
            came(
                31_101,
                30_001,
                Came::Timer,
                "heartbeat to the controller",
                None,
            ),
            came(
                29_990,
                0,
                Came::Fault,
                "clock of broker-2 jumps by -2s",
                None,
            ),
        ],
        has_older: true,
        next_events: vec![31_240, 31_260],
        tracks: vec![
            track("orders/0", "leads", words),
            track("orders/0 epoch", "4", TrackValues::Numbers(wave(17))),
            track("orders/0 end", "1,877", TrackValues::Numbers(wave(1))),
            track(
                "inbox wait",
                "12",
                TrackValues::Numbers(vec![None, Some(0), Some(400), Some(1000)]),
            ),
            track("disk unsynced", "41,904", TrackValues::Numbers(wave(101))),
        ],
        same: 14,
        span_ns: (200_000_000, 12_480_000_000),
    }
}

fn model(width: u16, height: u16) -> Model {
    let mut model = fixture::model(width, height);
    model.frame.header.events = 31_200;
    model.screens.push(Open::from(Inspector::of_node(1)));
    model.answer = Some(Answer::Inspected(Box::new(broker())));
    model
}

fn inspector(model: &Model) -> &Inspector {
    match model.screens.last() {
        Some(Open::Inspector(inspector)) => inspector,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_inspector_at_three_sizes() {
    for (w, h) in [(80, 24), (120, 40), (200, 60)] {
        check(&format!("inspector_{w}x{h}"), &picture(&model(w, h)));
    }
    let mut ascii = model(80, 24);
    ascii.look = Look {
        glyphs: GlyphSet::Ascii,
        ..ascii.look
    };
    check("inspector_80x24_ascii", &picture(&ascii));
    let mut zoomed = model(80, 24);
    update(&mut zoomed, Action::Zoom);
    check("inspector_80x24_state", &picture(&zoomed));
    let mut list = model(80, 24);
    update(&mut list, Action::PreviousPane);
    check("inspector_80x24_handled", &picture(&list));
}

#[test]
fn it_opens_on_what_the_node_believes_beside_the_truth_and_on_what_changed() {
    for (w, h) in [(80, 24), (120, 40), (200, 60)] {
        let model = model(w, h);
        let drawn = picture(&model);
        let rows = (0..h).map(|y| -> String { (0..w).map(|x| drawn[(x, y)].symbol()).collect() });
        let rows: Vec<String> = rows.collect();
        let at = |text: &str| rows.iter().position(|row| row.contains(text));
        let wrong = at("✗ leader of orders/1").expect("what it is wrong about");
        let truth = at("truth is events/broker-1").expect("the truth");
        let right = at("✓ leader of orders/0").expect("what it is right about");
        assert!(wrong < truth && truth < right && right < usize::from(h) / 2);
        assert!(
            at("→ leads").is_some() || at("events/broker-1 →").is_some(),
            "before → after"
        );
        let inside = super::draw::rows(model.seen().size, Pane::State, false);
        assert!(
            inside * 2 >= usize::from(h) - 8,
            "half of the screen: {inside}"
        );
    }
}

#[test]
fn no_size_is_too_small_or_too_large() {
    for (w, h) in [
        (60, 16),
        (61, 17),
        (73, 19),
        (99, 25),
        (300, 100),
        (500, 17),
        (60, 200),
    ] {
        let mut model = model(w, h);
        for _ in 0..4 {
            for action in [
                Action::Zoom,
                Action::Bottom,
                Action::PageUp,
                Action::Zoom,
                Action::Down,
            ] {
                update(&mut model, action);
                picture(&model);
            }
            update(&mut model, Action::NextPane);
        }
        model.answer = None;
        picture(&model);
        model.answer = Some(Answer::Inspected(Box::default()));
        model.working = Some(0.5);
        picture(&model);
    }
}

#[test]
fn its_events_are_one_key_away() {
    let mut model = model(120, 40);
    let go = |event| Effect::Seek(Until::Event(event));
    assert_eq!(update(&mut model, Action::NextEvent), go(31_240));
    assert_eq!(update(&mut model, Action::EventBefore), go(31_150));
    assert_eq!(update(&mut model, Action::Cause), go(31_187));
    // Between two of its events, the last is the one before.
    model.frame.header.events = 31_220;
    assert_eq!(update(&mut model, Action::EventBefore), go(31_200));
    // The run has gone back, and nothing was asked anew: the list says what comes next.
    model.frame.header.events = 31_101;
    assert_eq!(update(&mut model, Action::NextEvent), go(31_150));
    // It has gone on by one, and the answer is still that of before.
    model.frame.header.events = 31_240;
    assert_eq!(update(&mut model, Action::NextEvent), go(31_260));
    // It is on its way to another: keys count from there.
    model.playback.goal = Some(Until::Event(31_150));
    assert_eq!(update(&mut model, Action::EventBefore), go(31_101));
    model.playback.goal = None;
    // It has gone on further than is known.
    model.frame.header.events = 40_000;
    assert_eq!(update(&mut model, Action::NextEvent), Effect::None);
    assert_eq!(update(&mut model, Action::EventBefore), Effect::None);
    // The selected line of the list.
    update(&mut model, Action::PreviousPane);
    update(&mut model, Action::Down);
    assert_eq!(update(&mut model, Action::Open), go(31_150));
    assert_eq!(update(&mut model, Action::Cause), go(31_102));
    // What that comes from and what came of it is another screen's; it opens over this one.
    update(&mut model, Action::Lineage);
    let about = Query::Lineage(About::Event(31_150));
    assert_eq!(model.query(), Some(about));
    update(&mut model, Action::Back);
    assert!(matches!(model.screens[..], [Open::Inspector(_)]));
    // What the scenario does has no event to go to.
    update(&mut model, Action::Bottom);
    assert_eq!(update(&mut model, Action::Cause), Effect::None);
}

#[test]
fn the_selected_event_or_the_node_is_what_is_copied() {
    let mut model = model(120, 40);
    let copied = |model: &Model| inspector(model).copied(model.seen());
    update(&mut model, Action::PreviousPane);
    update(&mut model, Action::Down);
    assert_eq!(copied(&model).as_deref(), Some("#31150"));
    update(&mut model, Action::NextPane);
    let name = model.frame.topology.nodes[1].name.clone();
    assert_eq!(copied(&model), Some(name));
}

#[test]
fn nodes_and_processes_are_gone_through_in_a_ring() {
    let mut model = model(120, 40);
    let nodes = model.frame.topology.nodes.len();
    for step in 1..=nodes {
        assert_eq!(model.query(), Some(Query::Inspect(inspector(&model).of)));
        update(&mut model, Action::NextNode);
        assert_eq!(inspector(&model).of.node, (1 + step) % nodes);
    }
    update(&mut model, Action::NodeBefore);
    assert_eq!(inspector(&model).of.node, 0);
    let mut processes = Vec::new();
    for _ in 0..3 {
        update(&mut model, Action::Process);
        processes.push(inspector(&model).of.process);
    }
    assert_eq!(processes, [Some(0), Some(1), None]);
    update(&mut model, Action::Back);
    assert!(model.screens.is_empty());
}

#[test]
fn harm_is_shown_in_the_words_of_the_scenario_language_and_done_by_enter_alone() {
    let base = model(120, 40);
    let name = base.frame.topology.nodes[1].name.clone();
    let crash = format!("Crash(\"{name}\")");
    let restart = format!("Restart(\"{name}\")");
    let cut = format!("Isolate(\"{name}\")");
    let slow = format!("Slow(target: \"{name}\", factor: 10)");
    for (action, words) in [
        (Action::CrashIt, &crash),
        (Action::RestartIt, &restart),
        (Action::CutIt, &cut),
        (Action::SlowIt, &slow),
        (Action::Inject, &crash),
    ] {
        let mut model = base.clone();
        assert_eq!(update(&mut model, action), Effect::None, "a slip");
        model.answer = Some(Answer::Choices(Box::default()));
        assert!(crate::ui::screens::pictures::says(&model, words), "{words}");
        let mut left = model.clone();
        update(&mut left, Action::Back);
        assert_eq!(left.screens, base.screens);
        let done = Effect::Order(Order::Inject(words.clone(), None));
        assert_eq!(update(&mut model, Action::Open), done);
    }
    let mut model = base.clone();
    assert_eq!(update(&mut model, Action::Undo), Effect::Order(Order::Undo));
}

#[test]
fn what_it_handled_is_pressed_and_gone_to_and_each_pane_has_the_wheel() {
    use crate::ui::screens::pointing::{pressed_lines_open, wheel_moves};
    for (w, h) in [(80, 24), (120, 40), (200, 60)] {
        let mut model = model(w, h);
        update(&mut model, Action::PreviousPane);
        pressed_lines_open(&model, &["12.480 recv", "12.460 recv"]);
        wheel_moves(&model, "12.480 recv");
        wheel_moves(&model, "lives start 1");
        wheel_moves(&model, "new metadata");
        let mut other = model.clone();
        update(&mut other, Action::Click(3, 4));
        assert_eq!(inspector(&other).pane, Pane::State);
    }
}

#[test]
fn a_leader_that_is_down_is_no_good_leader_although_everybody_believes_in_it() {
    let mut known = broker();
    known.beliefs = vec![BeliefRow {
        who: None,
        about: text("leader of orders/2"),
        believes: text("events/broker-1 (epoch 0)"),
        truth: Some(text("events/broker-1 (epoch 0), down")),
        differs: false,
        in_vain: true,
    }];
    let frame = crate::ui::fixture::frame();
    let said = super::lines::state(&known, (&frame.topology, 0), 60);
    let said: Vec<&str> = said.iter().map(|line| line.value.as_str()).collect();
    assert_eq!(said[0], "! leader of orders/2");
    assert_eq!(said[1], "as believed: events/broker-1 (epoch 0), down");
    assert!(!said.iter().any(|line| line.starts_with('✓')), "{said:?}");
}

#[test]
fn what_it_says_does_not_scroll_past_its_end_and_has_room_on_a_small_screen() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        for pane in [Pane::State, Pane::Changed, Pane::History] {
            let mut model = model(size.0, size.1);
            for _ in 0..4 {
                if inspector(&model).pane != pane {
                    update(&mut model, Action::NextPane);
                }
            }
            for _ in 0..20 {
                update(&mut model, Action::PageDown);
            }
            let at = inspector(&model).at[pane.number()];
            let body = model.seen().size;
            let lines = inspector(&model).lines(model.seen(), &broker());
            let rows = super::draw::rows(body, pane, false);
            assert_eq!(at, lines.saturating_sub(rows), "{pane:?} at {size:?}");
            // Up moves at once.
            update(&mut model, Action::Up);
            let up = inspector(&model).at[pane.number()];
            assert_eq!(up, at.saturating_sub(1));
        }
    }
    let rows = |pane| super::draw::rows((80, 22), pane, false);
    assert!(rows(Pane::State) >= 14);
}

#[test]
fn a_name_of_eighteen_cells_has_its_value_beside_it_where_there_is_room() {
    let mut known = broker();
    known.parts = vec![part("p", "a process", &[("requests in flight", "5")])];
    let frame = crate::ui::fixture::frame();
    let said = super::lines::state(&known, (&frame.topology, 0), 58);
    let line = said.iter().find(|line| line.name == "requests in flight");
    assert_eq!(line.map(|line| line.value.as_str()), Some("5"));
}
