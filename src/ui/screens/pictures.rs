//! Pictures of what opens over the dashboard, where a screen has no tests of its own for it, at three sizes.

use super::Open;
use super::notice::Notice;
use super::pointing::{pressed_lines_open, wheel_moves};
use crate::ui::engine::Answer;
use crate::ui::fixture;
use crate::ui::keymap::Action;
use crate::ui::layout::Pane;
use crate::ui::model::Model;
use crate::ui::snapshots::{check, picture};
use crate::ui::update::{open_screen, update};
use crate::ui::view::{Choices, Fact, ForkRow, SettingChoice, SubjectChoice};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// What there is in the run of the other pictures.
pub(in crate::ui) fn choices() -> Choices {
    let setting = |name: &str, value: &str, what: &str| SettingChoice {
        name: name.into(),
        value: value.into(),
        what: what.into(),
    };
    let quoted = |name: &str| format!("\"{name}\"");
    let nodes = fixture::frame().topology.nodes;
    let mut targets: Vec<String> = nodes.iter().map(|n| quoted(&n.name)).collect();
    targets.extend(["web", "broker", "billing"].map(quoted));
    for queue in ["orders/0", "orders/1", "orders/2"] {
        targets.push(format!("LeaderOf(\"{queue}\")"));
        targets.push(format!("FollowerOf(\"{queue}\")"));
    }
    targets.extend(["Controller".to_owned(), "All".to_owned()]);
    Choices {
        targets,
        zones: vec!["a".into(), "b".into()],
        workloads: vec!["checkout".into(), "invoices".into()],
        subjects: vec![
            SubjectChoice {
                name: "checkout".into(),
                settings: vec![
                    setting("linger", "\"5ms\"", "how long a batch waits for more"),
                    setting("batch_size", "\"16KiB\"", "the largest batch"),
                ],
            },
            SubjectChoice {
                name: "invoices".into(),
                settings: vec![setting(
                    "max_poll_records",
                    "500",
                    "messages that one poll takes at most",
                )],
            },
        ],
        scenarios: ["healthy", "leader-crash", "retry-storm"]
            .map(str::to_owned)
            .to_vec(),
    }
}

/// The dashboard of a size, where it is known what there is.
pub(in crate::ui) fn model(width: u16, height: u16) -> Model {
    let mut model = fixture::model(width, height);
    model.answer = Some(Answer::Choices(Box::new(choices())));
    model
}

/// Two forks of a run, one of them of the other.
pub(in crate::ui) fn forks() -> Vec<ForkRow> {
    let fork = |name: &str, depth: u16, from_ms: u64, what: &str, played_ms: u64| ForkRow {
        branch: usize::from(depth),
        name: name.into(),
        depth,
        from_ns: from_ms * 1_000_000,
        what: what.into(),
        seed: 42,
        now_ns: played_ms * 1_000_000,
        played_ns: played_ms * 1_000_000,
        current: name == "without the leader",
        is_unsaved: name == "without the leader",
    };
    vec![
        fork("main", 0, 0, "", 30_000),
        fork(
            "fork 1",
            1,
            9_000,
            "Slow(target: \"billing-2\", factor: 10) for 5s",
            14_000,
        ),
        fork(
            "without the leader",
            2,
            10_250,
            "Crash(LeaderOf(\"orders/0\"))",
            12_480,
        ),
    ]
}

/// Pictures of one thing at three sizes: what was pressed and typed before.
fn pictures(name: &str, prepared: impl Fn(&mut Model)) {
    for (w, h) in SIZES {
        let mut model = model(w, h);
        prepared(&mut model);
        check(&format!("{name}_{w}x{h}"), &picture(&model));
    }
}

fn press(model: &mut Model, actions: &[Action]) {
    for &action in actions {
        update(model, action);
    }
}

fn typed(model: &mut Model, text: &str) {
    text.chars()
        .for_each(|c| drop(update(model, Action::Type(c))));
}

#[test]
fn everything_by_its_name() {
    pictures("palette", |m| press(m, &[Action::Palette]));
    pictures("palette_typed", |m| {
        press(m, &[Action::Palette]);
        typed(m, "brok");
        press(m, &[Action::Down]);
    });
    pictures("palette_nothing", |m| {
        press(m, &[Action::Palette]);
        typed(m, "zzzzzz");
    });
}

#[test]
fn what_is_done_to_a_run() {
    pictures("injector", |m| press(m, &[Action::Inject]));
    // The longest form there is, a field of it with a choice.
    pictures("injector_rolling", |m| {
        press(m, &[Action::Inject]);
        typed(m, "rr");
        press(m, &[Action::NextField, Action::NextChoice]);
    });
    pictures("injector_setting", |m| {
        press(m, &[Action::Inject, Action::Type('s')]);
        while !says(m, "Set(") {
            press(m, &[Action::Type('s')]);
        }
        press(m, &[Action::NextField, Action::NextField]);
    });
}

/// Whether a text stands on the screen.
pub(in crate::ui) fn says(model: &Model, text: &str) -> bool {
    let drawn = picture(model);
    let symbols = drawn.content.iter().map(ratatui::buffer::Cell::symbol);
    symbols.collect::<String>().contains(text)
}

#[test]
fn the_branches_of_a_run() {
    pictures("forks", |m| {
        m.frame.forks = forks();
        press(m, &[Action::Forks]);
    });
    pictures("forks_name", |m| {
        m.frame.forks = forks();
        press(m, &[Action::Forks, Action::Up, Action::Rename]);
        typed(m, ", slow billing");
    });
}

#[test]
fn what_would_be_lost_before_a_run_is_left() {
    pictures("leaving", |m| {
        m.frame.forks = forks();
        press(m, &[Action::Quit]);
    });
    // Back to the scenarios, and more than are named.
    pictures("leaving_many", |m| {
        m.has_parent = true;
        m.frame.forks = forks().into_iter().cycle().take(30).collect();
        press(m, &[Action::Back]);
    });
}

#[test]
fn something_to_read() {
    pictures("notice", |m| {
        let lines = [
            "error: there is no node, set, system, workload or process `brokr-1`",
            "  --> by hand",
            "  |",
            "1 | Crash(\"brokr-1\")",
            "  |       ^^^^^^^^^ did you mean `broker-1`?",
        ];
        let lines = lines.map(str::to_owned).to_vec();
        open_screen(m, Open::from(Notice::new("This cannot be", lines)));
    });
}

#[test]
fn help_and_questions() {
    pictures("help", |m| press(m, &[Action::Help, Action::Down]));
    pictures("help_forks", |m| press(m, &[Action::Forks, Action::Help]));
    pictures("seed", |m| {
        press(m, &[Action::Seed]);
        typed(m, "42");
    });
    pictures("filter", |m| {
        press(m, &[Action::Filter]);
        typed(m, "crash");
    });
    pictures("save", |m| press(m, &[Action::Save]));
}

#[test]
fn one_thing_closely() {
    for pane in [Pane::Queues, Pane::Events] {
        let name = format!("detail_{}", pane.title().to_lowercase());
        pictures(&name, |m| {
            press(m, &[Action::Focus(pane)]);
            press(m, &[Action::Down, Action::Down, Action::Open]);
            let facts = [("leader", "broker-2"), ("high watermark", "31877")];
            if pane == Pane::Queues {
                m.facts = facts
                    .map(|(name, value)| Fact {
                        name: name.into(),
                        value: value.into(),
                    })
                    .to_vec();
            }
        });
    }
}

#[test]
fn lines_are_pressed_and_opened_with_the_mouse() {
    for (w, h) in SIZES {
        let mut forked = model(w, h);
        forked.frame.forks = forks();
        press(&mut forked, &[Action::Forks]);
        pressed_lines_open(&forked, &["main", "fork 1", "without the leader"]);
        let mut palette = model(w, h);
        press(&mut palette, &[Action::Palette]);
        typed(&mut palette, "brok");
        pressed_lines_open(
            &palette,
            &["node     broker-2", "12.480s broker-2", "undo: back"],
        );
        wheel_moves(&palette, "node     broker-2");
        let mut help = model(w, h);
        press(&mut help, &[Action::Help]);
        pressed_lines_open(&help, &["one event on", "real time again"]);
    }
}

#[test]
fn a_name_that_is_typed_stays_that_of_its_branch() {
    let mut forked = model(80, 24);
    forked.frame.forks = forks();
    press(&mut forked, &[Action::Forks, Action::Up, Action::Rename]);
    let before = forked.screens.clone();
    (0..24).for_each(|y| press(&mut forked, &[Action::Click(10, y)]));
    assert_eq!(forked.screens, before);
}

#[test]
fn the_wheel_scrolls_what_is_to_read() {
    let mut model = model(80, 24);
    let lines = (0..60).map(|i| format!("line {i:02}")).collect();
    open_screen(&mut model, Open::from(Notice::new("Much", lines)));
    wheel_moves(&model, "line 04");
    press(&mut model, &[Action::WheelDown(40, 12)]);
    assert!(!says(&model, "line 02") && says(&model, "line 03"));
}

#[test]
fn kinds_and_fields_of_a_fault_are_pressed_and_only_its_line_does_it() {
    use crate::ui::engine::Order;
    use crate::ui::update::Effect;
    let mut m = model(80, 24);
    press(&mut m, &[Action::Inject]);
    // Where the kinds begin: below the header and the frame.
    let pause = (3, 2 + 5);
    for action in [
        Action::Click(pause.0, pause.1),
        Action::DoubleClick(pause.0, pause.1),
    ] {
        assert_eq!(update(&mut m, action), Effect::None, "a slip does nothing");
    }
    assert!(says(&m, "Pause(\"web-1\")"));
    // The field for how long.
    press(&mut m, &[Action::Click(34, 3)]);
    typed(&mut m, "5s");
    assert!(says(&m, "5s_"));
    let written = (25, 6);
    press(&mut m, &[Action::Click(written.0, written.1)]);
    let done = Order::Inject("Pause(\"web-1\")".into(), Some("5s".into()));
    let twice = update(&mut m, Action::DoubleClick(written.0, written.1));
    assert_eq!(twice, Effect::Order(done));
    // The wheel goes through the kinds.
    let mut m = model(80, 24);
    press(&mut m, &[Action::Inject, Action::WheelDown(3, 10)]);
    assert!(says(&m, "Restart(\"web-1\")"));
}

/// What the injector would do, opened on what these actions select on the dashboard.
fn injected(w: u16, h: u16, prepared: impl Fn(&mut Model)) -> String {
    use crate::ui::engine::Order;
    use crate::ui::update::Effect;
    let mut m = model(w, h);
    prepared(&mut m);
    press(&mut m, &[Action::Inject]);
    match update(&mut m, Action::Open) {
        Effect::Order(Order::Inject(words, _)) => words,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_selected_on_the_dashboard_is_what_something_is_done_to() {
    for (w, h) in SIZES {
        let of = |pane, downs: usize| {
            injected(w, h, |m| {
                press(m, &[Action::Focus(pane)]);
                press(m, &vec![Action::Down; downs]);
            })
        };
        assert_eq!(
            of(Pane::Topology, 0),
            "Crash(\"web-1\")",
            "whatever comes first"
        );
        assert_eq!(of(Pane::Topology, 3), "Crash(\"broker-1\")");
        assert_eq!(of(Pane::Queues, 2), "Crash(LeaderOf(\"orders/1\"))");
        // The fifth row is how far a group is behind in the first queue.
        assert_eq!(of(Pane::Queues, 5), "Crash(LeaderOf(\"orders/0\"))");
        let link = |links: usize| {
            injected(w, h, |m| {
                press(m, &[Action::Focus(Pane::Topology), Action::Down]);
                press(m, &vec![Action::Link; links]);
                let said = if links == 1 { "link web-1" } else { "" };
                assert!(says(m, said));
            })
        };
        assert_eq!(
            link(1),
            "Cut(from: \"web-1\", to: \"broker-1\", one_way: false)"
        );
        let links = fixture::frame().topology.edges;
        let own = links.iter().filter(|e| e.from == 0 || e.to == 0).count();
        assert_eq!(
            link(own + 1),
            "Crash(\"web-1\")",
            "behind the last link is the node"
        );
        // A group that is closed is a set.
        let set = injected(w, h, |m| {
            m.frame = fixture::crowd(500);
            press(
                m,
                &[Action::Focus(Pane::Topology), Action::Down, Action::Down],
            );
        });
        assert_eq!(set, "Crash(\"broker\")");
    }
}

#[test]
fn a_link_is_left_with_esc_and_with_its_node() {
    let mut m = model(120, 40);
    press(
        &mut m,
        &[Action::Focus(Pane::Topology), Action::Down, Action::Link],
    );
    assert!(says(&m, "link web-1"));
    press(&mut m, &[Action::Back]);
    assert!(!says(&m, "link web-1"));
    assert_eq!(
        m.selection(Pane::Topology),
        Some(0),
        "its node stays selected"
    );
    press(&mut m, &[Action::Link, Action::Down]);
    assert!(!says(&m, "link web-1"));
    pictures("link", |m| {
        press(
            m,
            &[Action::Focus(Pane::Topology), Action::Down, Action::Link],
        );
    });
}

#[test]
fn a_setting_is_that_of_the_service_that_is_selected() {
    let mut m = model(120, 40);
    m.frame = crate::ui::fixture_services::shop();
    let mut known = choices();
    known.subjects.push(SubjectChoice {
        name: m.frame.queues[2].name.clone(),
        settings: vec![SettingChoice {
            name: "threads".into(),
            value: "8".into(),
            what: String::new(),
        }],
    });
    m.answer = Some(Answer::Choices(Box::new(known)));
    press(
        &mut m,
        &[
            Action::Focus(Pane::Queues),
            Action::Down,
            Action::Down,
            Action::Down,
        ],
    );
    press(&mut m, &[Action::Inject]);
    assert!(says(&m, "Crash(\"payment\")"));
    while !says(&m, "Set(") {
        press(&mut m, &[Action::Type('s')]);
    }
    assert!(says(
        &m,
        "Set(of: \"payment\", setting: \"threads\", to: 8)"
    ));
}
