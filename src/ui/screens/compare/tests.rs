//! The comparison on screens of all sizes, and what its keys do.

use super::*;
use crate::sim::SECOND;
use crate::ui::fixture;
use crate::ui::model::Model;
use crate::ui::screens::Open;
use crate::ui::snapshots::{check, picture};
use crate::ui::style::{GlyphSet, Look};
use crate::ui::update::update;
use crate::ui::view::{
    CheckRow, ComparedSeries, ComparedSide, DeltaRow, EventLine, ForkRow, MarkKind, Meaning,
    OverSeedsRow, PartedAt, Percentile, Setting, Settings, TimelineMark, Total, Verdict,
};

fn row(name: &str, amounts: [&str; 2], difference: &str, share: f64, better: usize) -> DeltaRow {
    DeltaRow {
        name: name.into(),
        meaning: "What it is and how to read it".into(),
        amounts: amounts.map(str::to_owned),
        difference: difference.into(),
        share,
        better: Some(better).filter(|_| share > 0.0),
        over: None,
    }
}

fn over(mean: &str, interval: &str, better: Option<usize>) -> OverSeedsRow {
    OverSeedsRow {
        mean: mean.into(),
        interval: interval.into(),
        call: better
            .map_or("no call", |side| ["A is better", "B is better"][side])
            .into(),
        better,
        is_sure: better.is_some(),
    }
}

fn side(label: &str, counts: [u64; 3], p99_ms: u64, broken: bool) -> ComparedSide {
    let total = |name: &str, value, bad| Total {
        name: name.into(),
        value,
        bad,
    };
    let percentile = |name: &str, ms: u64| Percentile {
        name: name.into(),
        ns: ms * 1_000_000,
    };
    let holds = |name: &str| CheckRow {
        name: name.into(),
        ..CheckRow::default()
    };
    let lost = CheckRow {
        name: "no acknowledged message lost".into(),
        verdict: if broken {
            Verdict::Broken
        } else {
            Verdict::Holds
        },
        first_broken_ns: broken.then_some(10_950_000_000),
        count: u64::from(broken) * 17,
        ..CheckRow::default()
    };
    let mark = |ms: u64, kind| TimelineMark {
        at_ns: ms * 1_000_000,
        event: ms,
        kind,
    };
    ComparedSide {
        label: label.into(),
        totals: vec![
            total("produced", 2_400, false),
            total("delivered", counts[0], false),
            total("in flight", 9, false),
            total("lost", counts[1], true),
            total("duplicated", counts[2], false),
            total("refused", 0, false),
        ],
        percentiles: vec![percentile("p50", 18), percentile("p99", p99_ms)],
        max_ns: p99_ms * 2_200_000,
        series: vec![
            ComparedSeries {
                name: "depth".into(),
                values: (0..120).map(|i| i * counts[0] / 300).collect(),
            },
            ComparedSeries {
                name: "lag".into(),
                values: (0..120).map(|i| (120 - i) * 7).collect(),
            },
        ],
        checks: vec![
            holds("one leader per epoch"),
            lost,
            holds("order within a partition"),
            holds("one owner per partition and generation"),
        ],
        marks: vec![
            mark(10_900, MarkKind::Fault),
            mark(if broken { 11_900 } else { 12_100 }, MarkKind::Leader),
        ],
    }
}

fn line(at_ns: u64, event: u64, subject: &str, word: &str, text: &str) -> EventLine {
    EventLine {
        at_ns,
        event,
        subject: subject.into(),
        word: word.into(),
        text: text.into(),
        ..EventLine::default()
    }
}

fn compared(seeds: (u64, u64)) -> Compared {
    let mut rows = vec![
        row("messages.delivered", ["2,201", "2,391"], "+190", 0.08, 1),
        row("messages.lost", ["17", "0"], "−17", 1.0, 1),
        row("messages.duplicated", ["0", "42"], "+42", 1.0, 0),
        row("messages.produced", ["2,400", "2,400"], "0", 0.0, 0),
        row(
            "latency.end_to_end.p99",
            ["2.4s", "2.9s"],
            "+500ms",
            0.17,
            0,
        ),
        row(
            "queue.events/orders/0.depth.max",
            ["812", "903"],
            "+91",
            0.1,
            0,
        ),
        row("failovers.leaderless_total", ["2.08s", ""], "", 1.0, 0),
    ];
    rows[6].better = None;
    if seeds.0 > 1 {
        rows[1].over = Some(over("−15.2", "−19 … −11.9", Some(1)));
        rows[2].over = Some(over("+38.7", "+31.1 … +46", Some(0)));
        rows[4].over = Some(over("+100ms", "−300ms … +600ms", None));
        rows[5].over = Some(over("+77", "+41 … +112", Some(0)));
    }
    for number in 0..40 {
        let name = format!("node.broker-{number}.crashes");
        rows.push(row(&name, ["1", "1"], "0", 0.0, 0));
    }
    Compared {
        sides: [
            side("as it is", [2_201, 17, 0], 2_400, true),
            side("workloads.checkout.acks=All", [2_391, 0, 42], 2_900, false),
        ],
        rows,
        parted: Parted::At(Box::new(PartedAt {
            at_ns: 10_930_000_000,
            lines: [
                Some(line(
                    10_930_000_000,
                    30_881,
                    "checkout-1",
                    "ACK",
                    "1 message from checkout-1→orders/0#1042",
                )),
                Some(line(
                    10_930_800_000,
                    30_882,
                    "checkout-1",
                    "SEND",
                    "checkout-1→orders/0#1043 to orders/0",
                )),
            ],
            other_world: false,
        })),
        seeds: Some(seeds),
        now_ns: 12_480_000_000,
        known_ns: 12_480_000_000,
        end_ns: 60 * SECOND,
    }
}

fn model(width: u16, height: u16, seeds: (u64, u64)) -> Model {
    let mut model = fixture::model(width, height);
    let screen = Compare::with(With::Setting("workloads.checkout.acks=All".into()));
    model.screens.push(Open::from(screen));
    model.answer = Some(Answer::Compared(Ok(Box::new(compared(seeds)))));
    model
}

fn screen(model: &Model) -> &Compare {
    match model.screens.last() {
        Some(Open::Compare(screen)) => screen,
        other => panic!("{other:?}"),
    }
}

fn text_of(model: &Model) -> String {
    let buffer = picture(model);
    let cells = buffer.content().iter();
    cells.map(ratatui::buffer::Cell::symbol).collect()
}

#[test]
fn the_comparison_at_three_sizes() {
    for (w, h) in [(80, 24), (120, 40), (200, 60)] {
        check(
            &format!("compare_{w}x{h}"),
            &picture(&model(w, h, (200, 200))),
        );
    }
    check("compare_80x24_one_seed", &picture(&model(80, 24, (0, 0))));
    let mut ascii = model(80, 24, (200, 200));
    ascii.look = Look {
        glyphs: GlyphSet::Ascii,
        ..ascii.look
    };
    check("compare_80x24_ascii", &picture(&ascii));
    let mut one = model(80, 24, (40, 100));
    update(&mut one, Action::Zoom);
    check("compare_80x24_table", &picture(&one));
}

/// The list of what a run can be compared with.
fn choosing(width: u16, height: u16) -> Model {
    let mut model = fixture::model(width, height);
    model.frame.forks = vec![
        ForkRow {
            name: "main".into(),
            current: true,
            ..ForkRow::default()
        },
        ForkRow {
            branch: 1,
            name: "fork 1".into(),
            what: "Crash(\"broker-2\")".into(),
            ..ForkRow::default()
        },
    ];
    update(&mut model, Action::Compare);
    model
}

#[test]
fn what_to_compare_with_is_chosen_from_a_list() {
    for (w, h) in [(120, 40), (200, 60)] {
        check(
            &format!("compare_{w}x{h}_choose"),
            &picture(&choosing(w, h)),
        );
    }
    let mut model = choosing(80, 24);
    check("compare_80x24_choose", &picture(&model));
    crate::ui::screens::pointing::pressed_lines_open(
        &model,
        &["its control", "branch fork 1", "the same with another seed"],
    );
    assert_eq!(model.query(), None);
    let shown = text_of(&model);
    assert!(
        shown.contains("Enter choose") && shown.contains("Esc back"),
        "{shown}"
    );
    assert!(!shown.contains("100 seeds"), "nothing runs yet: {shown}");
    update(&mut model, Action::Down);
    update(&mut model, Action::Open);
    let asked = |model: &Model| match model.query() {
        Some(Query::Compare(asked)) => asked.with,
        other => panic!("{other:?}"),
    };
    assert_eq!(asked(&model), With::Fork(1));
    // A seed has only digits; whoever knows a setting by heart types all of it.
    for (down, typed, with) in [
        (2, "a.b=c d", With::Setting("a.b=c d".into())),
        (3, "4x2", With::Seed(42)),
    ] {
        update(&mut model, Action::Compare);
        for _ in 0..down {
            update(&mut model, Action::Down);
        }
        update(&mut model, Action::Open);
        assert!(model.contexts().contains(&Context::Entry));
        for c in typed.chars() {
            update(&mut model, Action::Type(c));
        }
        picture(&model);
        update(&mut model, Action::Open);
        assert_eq!(asked(&model), with);
    }
    // Whoever chooses nothing goes on with what there is; then everything closes.
    update(&mut model, Action::Compare);
    update(&mut model, Action::Back);
    assert_eq!(asked(&model), With::Seed(42));
    update(&mut model, Action::Back);
    assert!(model.screens.is_empty());
}

#[test]
fn a_branch_in_which_nothing_was_done_is_its_name() {
    let mut model = choosing(80, 24);
    model.frame.forks[1].what = String::new();
    let shown = text_of(&model);
    assert!(shown.contains("branch fork 1 "), "{shown}");
    assert!(!shown.contains("fork 1:"), "{shown}");
}

/// What there is to be changed in the run of the pictures.
fn settings() -> Settings {
    let setting = |(path, value): (&str, &str)| Setting {
        path: path.into(),
        value: value.into(),
    };
    let nodes = ["broker", "web", "billing"].map(|node| format!("nodes.{node}.count"));
    let mut all: Vec<Setting> = nodes.iter().map(|path| setting((path, "3"))).collect();
    let others = [
        (
            "network.latency",
            "LogNormal(median: \"500us\", p99: \"3ms\")",
        ),
        ("network.latency.median", "\"500us\""),
        ("systems.events.topics.orders.partitions", "6"),
        (
            "systems.events.topics.orders.unclean_leader_election_enable",
            "false",
        ),
        ("workloads.checkout.acks", "One"),
        ("workloads.checkout.linger_ms", "\"5ms\""),
        ("workloads.invoices.max_poll_records", "500"),
    ];
    all.extend(others.map(setting));
    all.extend((0..40).map(|i| setting((&format!("faults.{i}.0"), "\"20s\""))));
    Settings { all, of: None }
}

/// The list of settings, with this typed.
fn changing(width: u16, height: u16, typed: &str) -> Model {
    let mut model = choosing(width, height);
    for action in [Action::Down, Action::Down, Action::Open] {
        update(&mut model, action);
    }
    assert_eq!(model.query(), Some(Query::Settings(None)));
    model.answer = Some(Answer::Settings(Box::new(settings())));
    typed
        .chars()
        .for_each(|c| drop(update(&mut model, Action::Type(c))));
    model
}

/// What `workloads.checkout.acks` can be.
fn acks() -> Answer {
    Answer::Settings(Box::new(Settings {
        of: Some(Meaning {
            path: "workloads.checkout.acks".into(),
            what: "one of Zero, One, All".into(),
            choices: ["Zero", "One", "All"].map(str::to_owned).to_vec(),
        }),
        ..settings()
    }))
}

#[test]
fn a_setting_is_found_by_a_few_letters_and_changed_to_what_it_can_be() {
    for (w, h) in [(80, 24), (120, 40), (200, 60)] {
        check(&format!("setting_{w}x{h}"), &picture(&changing(w, h, "")));
        let mut typed = changing(w, h, "chkacks");
        check(&format!("setting_typed_{w}x{h}"), &picture(&typed));
        update(&mut typed, Action::Open);
        typed.answer = Some(acks());
        update(&mut typed, Action::NextChoice);
        check(&format!("setting_value_{w}x{h}"), &picture(&typed));
    }
    let mut model = changing(80, 24, "chkacks");
    update(&mut model, Action::Open);
    let path = "workloads.checkout.acks".to_owned();
    assert_eq!(model.query(), Some(Query::Settings(Some(path))));
    model.answer = Some(acks());
    let asked = |model: &mut Model| {
        update(model, Action::Open);
        match model.query() {
            Some(Query::Compare(asked)) => asked.with,
            other => panic!("{other:?}"),
        }
    };
    // The arrows turn among what it can be, behind the last comes the first.
    for value in ["All", "Zero", "One"] {
        update(&mut model, Action::NextChoice);
        let with = With::Setting(format!("workloads.checkout.acks={value}"));
        assert_eq!(asked(&mut model.clone()), with);
    }
    // What is typed takes the place of what it is.
    "All"
        .chars()
        .for_each(|c| drop(update(&mut model, Action::Type(c))));
    let with = With::Setting("workloads.checkout.acks=All".into());
    assert_eq!(asked(&mut model), with);
}

#[test]
fn one_gets_back_from_a_setting_step_by_step() {
    let mut model = changing(80, 24, "linger");
    update(&mut model, Action::Open);
    assert!(text_of(&model).contains("\"5ms\"_"));
    // Erasing goes on with what stands there.
    update(&mut model, Action::Erase);
    assert!(text_of(&model).contains("\"5ms_"));
    update(&mut model, Action::Back);
    assert!(text_of(&model).contains("linger_"), "the list, as it was");
    update(&mut model, Action::Back);
    assert!(text_of(&model).contains("1-18 of 50"), "all of them");
    update(&mut model, Action::Back);
    assert!(text_of(&model).contains("its control"));
    let mut model = changing(80, 24, "zzzz");
    assert!(text_of(&model).contains("no setting of that name"));
    update(&mut model, Action::Open);
    assert_eq!(
        model.query(),
        Some(Query::Settings(None)),
        "nothing is chosen"
    );
    let model = changing(80, 24, "");
    crate::ui::screens::pointing::wheel_moves(&model, "nodes.web.count");
}

#[test]
fn why_there_is_no_such_run_can_be_read() {
    let mut model = model(80, 24, (0, 0));
    let lines = (0..40)
        .map(|i| format!("line {i} of a diagnostic"))
        .collect();
    model.answer = Some(Answer::Compared(Err(lines)));
    assert!(text_of(&model).contains("line 0 of"));
    update(&mut model, Action::Bottom);
    assert!(text_of(&model).contains("line 39 of"));
}

#[test]
fn the_first_difference_and_the_marks_of_both_are_one_key_away() {
    let mut model = model(120, 40, (0, 0));
    let to = |ms: u64| Effect::Seek(Until::Time(ms * 1_000_000));
    assert_eq!(update(&mut model, Action::FirstDifference), to(10_930));
    // A's leader comes at 11.9 s, B's at 12.1 s.
    assert_eq!(update(&mut model, Action::MarkBeforeOfEither), to(12_100));
    let next = update(&mut model, Action::MarkOfEither);
    assert_eq!(next, Effect::Seek(Until::NextMark));
    let Some(Answer::Compared(Ok(known))) = &mut model.answer else {
        panic!("no answer");
    };
    known.now_ns = 11_900_000_000;
    assert_eq!(update(&mut model, Action::MarkOfEither), to(12_100));
    assert_eq!(update(&mut model, Action::MarkBeforeOfEither), to(10_900));
    // Those keys that move the run move both.
    assert!(model.contexts().contains(&Context::Travel));
}

#[test]
fn sides_are_exchanged_and_seeds_are_asked_for_a_hundred_at_a_time() {
    let mut model = model(120, 40, (0, 0));
    let asked = |model: &Model| screen(model).asked.clone().unwrap();
    update(&mut model, Action::SwapSides);
    assert!(asked(&model).swapped);
    update(&mut model, Action::SwapSides);
    assert!(!asked(&model).swapped);
    update(&mut model, Action::MoreSeeds);
    assert_eq!(asked(&model).seeds, 100);
    // While they run, no more are begun.
    model.answer = Some(Answer::Compared(Ok(Box::new(compared((40, 100))))));
    update(&mut model, Action::MoreSeeds);
    assert_eq!(asked(&model).seeds, 100);
    model.answer = Some(Answer::Compared(Ok(Box::new(compared((100, 100))))));
    update(&mut model, Action::MoreSeeds);
    assert_eq!(asked(&model).seeds, 200);
}

#[test]
fn the_table_sorts_filters_and_scrolls_to_its_end() {
    let known = compared((200, 200));
    let names = |order, filter: &str| -> Vec<String> {
        let rows = table::rows(&known, order, filter).into_iter();
        rows.map(|row| row.name.clone()).collect()
    };
    let all = names(Order::Table, "");
    assert_eq!(all.len(), known.rows.len());
    assert_eq!(all[0], "messages.delivered");
    assert_eq!(names(Order::Difference, "")[0], "messages.lost");
    assert_eq!(names(Order::Name, "")[0], "failovers.leaderless_total");
    let sure = names(Order::Sure, "");
    assert_eq!(sure[2], "queue.events/orders/0.depth.max");
    assert_eq!(names(Order::Table, "LOST"), ["messages.lost"]);
    let mut model = model(80, 24, (0, 0));
    update(&mut model, Action::Bottom);
    assert!(text_of(&model).contains("broker-39.crashes"));
    update(&mut model, Action::Filter);
    for c in "lead".chars() {
        update(&mut model, Action::Type(c));
    }
    update(&mut model, Action::Open);
    assert!(text_of(&model).contains("failovers.leaderless_total"));
    assert!(!text_of(&model).contains("messages.lost"));
    update(&mut model, Action::Back);
    assert!(text_of(&model).contains("messages.lost"));
}

#[test]
fn no_size_is_too_small_or_too_large() {
    for (w, h) in [
        (60, 16),
        (61, 17),
        (99, 25),
        (300, 100),
        (500, 17),
        (60, 200),
    ] {
        for seeds in [(0, 0), (3, 100), (200, 200)] {
            let mut model = model(w, h, seeds);
            for action in [
                Action::Bottom,
                Action::NextPane,
                Action::Bottom,
                Action::Zoom,
                Action::PageUp,
                Action::NextPane,
                Action::Compare,
            ] {
                update(&mut model, action);
                picture(&model);
            }
        }
        let mut model = model(w, h, (0, 0));
        model.answer = None;
        picture(&model);
        model.working = Some(0.5);
        model.answer = Some(Answer::Compared(Ok(Box::default())));
        picture(&model);
        model.answer = Some(Answer::Compared(Err(Vec::new())));
        picture(&model);
    }
}

#[test]
fn measures_are_pressed_and_the_wheel_moves_what_is_under_it() {
    use crate::ui::screens::pointing::wheel_moves;
    for (w, h) in [(80, 24), (120, 40), (200, 60)] {
        let mut model = model(w, h, (200, 200));
        wheel_moves(&model, "messages.duplicated");
        let drawn = text_of(&model);
        let at = drawn.chars().collect::<Vec<_>>();
        let place = at
            .windows(19)
            .position(|w| w.iter().collect::<String>() == "messages.duplicated");
        let place = place.expect("it is there");
        let (x, y) = (
            (place % usize::from(w)) as u16,
            (place / usize::from(w)) as u16,
        );
        update(&mut model, Action::NextPane);
        assert_eq!(screen(&model).pane, Pane::Sides);
        update(&mut model, Action::Click(x, y));
        assert_eq!(
            (screen(&model).pane, screen(&model).at[1]),
            (Pane::Table, 1)
        );
    }
}

#[test]
fn a_step_is_of_both_runs() {
    let mut model = model(80, 24, (0, 0));
    assert_eq!(
        update(&mut model, Action::StepBoth),
        Effect::StepBoth(false)
    );
    let back = Effect::StepBoth(true);
    assert_eq!(update(&mut model, Action::StepBothBack), back);
}
