//! Lineage on screens of all sizes, and what its keys do.

use super::*;
use crate::ui::fixture;
use crate::ui::model::Model;
use crate::ui::screens::Open;
use crate::ui::snapshots::{check, picture};
use crate::ui::style::{GlyphSet, Look};
use crate::ui::update::update;
use crate::ui::view::MarkKind;
use crate::ui::view::lineage::{
    Candidates, Descent, Followable, HopEnd, LineageLane, LineageRow, Step, Trial,
};

const MS: u64 = 1_000_000;

fn hop(at_ms: u64, event: u64, lanes: (usize, usize), label: &str, took_ms: u64) -> LineageRow {
    LineageRow {
        at_ns: at_ms * MS,
        event,
        lane: lanes.0,
        what: RowWhat::Hop {
            to: lanes.1,
            label: label.to_owned(),
            word: "produce".to_owned(),
            end: HopEnd::Arrived((at_ms + took_ms) * MS, event + 1),
            lost: 0,
        },
    }
}

fn moment(at_ms: u64, event: u64, lane: usize, kind: MarkKind, text: &str) -> LineageRow {
    LineageRow {
        at_ns: at_ms * MS,
        event,
        lane,
        what: RowWhat::Moment {
            kind,
            text: text.to_owned(),
            own: kind == MarkKind::Heal,
            alive: text.starts_with("crash").then_some(false),
        },
    }
}

/// A message that is sent, copied and delivered; then the leader dies before the producer hears of it, which sends it again.
fn twice() -> Life {
    let lane = |name: &str, part: &str| LineageLane {
        name: name.to_owned(),
        part: part.to_owned(),
    };
    let mut dropped = hop(10_930, 40_930, (0, 1), "retry 1", 0);
    if let RowWhat::Hop { end, .. } = &mut dropped.what {
        *end = HopEnd::Dropped("down".to_owned());
    }
    let trial = |what: &str, verdict: &str, helps| Trial {
        what: what.to_owned(),
        verdict: verdict.to_owned(),
        helps,
    };
    Life {
        name: "p-1→orders/0#1042".to_owned(),
        short: "m#1042".to_owned(),
        about: "key 17  88B".to_owned(),
        lanes: vec![
            lane("web-1", "producer"),
            lane("broker-1", "broker"),
            lane("broker-2", "broker"),
            lane("broker-3", "broker"),
            lane("billing-1", "consumer"),
        ],
        rows: vec![
            moment(9_814, 9_812, 0, MarkKind::Heal, "made"),
            hop(9_816, 9_816, (0, 1), "send", 4),
            moment(9_820, 9_820, 1, MarkKind::Heal, "stored at 417"),
            hop(9_820, 9_820, (1, 2), "copy", 4),
            hop(9_823, 9_823, (1, 3), "copy", 7),
            hop(9_834, 9_834, (1, 4), "deliver", 5),
            moment(9_840, 9_840, 4, MarkKind::Heal, "processed"),
            moment(10_400, 10_400, 1, MarkKind::Fault, "crash memory gone"),
            dropped,
            moment(12_480, 42_480, 2, MarkKind::Leader, "leads orders/0 in epoch 4"),
            hop(12_505, 42_505, (0, 2), "retry 2", 4),
            hop(12_513, 42_513, (2, 4), "deliver", 8),
            moment(12_521, 42_521, 4, MarkKind::Heal, "processed"),
        ],
        verdict: "delivered twice, 2.68s apart".to_owned(),
        well: false,
        whole_ns: 2_707 * MS,
        parts: vec![
            ("wait for leader".to_owned(), 2_080 * MS),
            ("retry".to_owned(), 530 * MS),
            ("network".to_owned(), 97 * MS),
        ],
        owed: "delivered twice, 2.68s apart: owed to line 14 (crash leader of orders/0); with enable_idempotence=true it is delivered once".to_owned(),
        trials: vec![
            trial("without line 14 (crash leader of orders/0)", "delivered once", true),
            trial("with acks=All", "delivered twice, 2.7s apart", false),
            trial("with enable_idempotence=true", "delivered once", true),
        ],
        left: 2,
        place: Some((0, 12)),
        more: 5_917,
    }
}

fn descent() -> Descent {
    let step = |event: u64, subject: &str, what: &str, times: u64, mark: bool, line: u32| Step {
        at_ns: event * MS,
        event,
        subject: subject.to_owned(),
        what: what.to_owned(),
        times,
        mark,
        line,
    };
    Descent {
        causes: vec![
            step(
                12_480,
                "controller",
                "timer: orders/0 LEADER b2 leads in epoch 4",
                1,
                true,
                0,
            ),
            step(12_000, "controller", "timer", 413, false, 0),
            step(1, "controller", "start", 1, false, 0),
        ],
        owed: vec!["line 14 (crash leader of orders/0)".to_owned()],
        effects: vec![
            step(12_481, "orders/0", "LEADER b2 leads in epoch 4", 1, true, 0),
            step(
                12_482,
                "broker-2",
                "fetch metadata from controller",
                12,
                false,
                0,
            ),
        ],
        descendants: 12_345,
        about: vec![(
            Followable::Message { lane: 0, number: 7 },
            "p-1→orders/0#7".to_owned(),
        )],
    }
}

fn choice() -> Candidates {
    let row = |number: u32, verdict: &str| Candidate {
        what: Followable::Message { lane: 0, number },
        name: format!("checkout-1→orders/0#{number}"),
        verdict: verdict.to_owned(),
        at_ns: u64::from(number) * 100 * MS,
        took_ns: (verdict == "late").then_some(8_000 * MS),
    };
    Candidates {
        rows: (0..80)
            .map(|n| row(n, ["lost", "twice", "late"][n as usize % 3]))
            .collect(),
        more: 1_204,
    }
}

fn model(size: (u16, u16), look: Look, about: About, known: Known) -> Model {
    let mut model = Model::new(fixture::frame(), look, 1.0);
    model.size = size;
    model.playback.paused = true;
    model.screens.push(Open::from(Lineage::new(about)));
    model.answer = Some(Answer::Lineage(Box::new(known)));
    model
}

fn life(size: (u16, u16)) -> Model {
    model(
        size,
        Look::default(),
        About::Trouble(0),
        Known::Life(twice()),
    )
}

fn screen(model: &Model) -> &Lineage {
    match model.screens.last() {
        Some(Open::Lineage(screen)) => screen,
        _ => panic!("it is closed"),
    }
}

#[test]
fn lineage_at_three_sizes() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let name = format!("lineage_{}x{}", size.0, size.1);
        let mut model = life(size);
        for _ in 0..11 {
            update(&mut model, Action::Down);
        }
        check(&name, &picture(&model));
    }
}

#[test]
fn lineage_in_ascii_and_its_other_pages() {
    let look = Look {
        glyphs: GlyphSet::Ascii,
        ..Look::default()
    };
    let ascii = model((80, 24), look, About::Trouble(0), Known::Life(twice()));
    check("lineage_80x24_ascii", &picture(&ascii));
    let look = Look::default();
    for (w, h) in [(80, 24), (120, 40), (200, 60)] {
        let about = About::Event(12_480);
        let event = model((w, h), look, about, Known::Event(descent()));
        check(&format!("lineage_{w}x{h}_event"), &picture(&event));
        let list = model(
            (w, h),
            look,
            About::AllTrouble(Among::All),
            Known::Choice(choice()),
        );
        check(&format!("lineage_{w}x{h}_list"), &picture(&list));
    }
}

#[test]
fn it_draws_at_any_size_whatever_is_selected() {
    for size in [(60, 16), (61, 17), (79, 23), (99, 16), (60, 60), (300, 90)] {
        let known = [
            Known::Life(twice()),
            Known::Choice(choice()),
            Known::Event(descent()),
            Known::Nothing("nothing".to_owned()),
            Known::Life(Life::default()),
        ];
        for known in known {
            let mut model = model(size, Look::default(), About::AllTrouble(Among::All), known);
            for action in [
                Action::Down,
                Action::LaneOn,
                Action::Bottom,
                Action::LaneBack,
            ] {
                update(&mut model, action);
                picture(&model);
            }
        }
    }
}

#[test]
fn what_is_not_in_the_causal_past_of_the_selection_is_told_apart() {
    let life = twice();
    // The second delivery comes from the retry, which comes from the producer, which has not heard of the crash.
    let at = life.rows.iter().position(|r| r.event == 42_513).unwrap();
    let past = life.past_of(at);
    let in_past = |event: u64| past[life.rows.iter().position(|r| r.event == event).unwrap()];
    assert!(in_past(42_505) && in_past(9_816) && in_past(42_480) && in_past(40_930));
    // Nor has the new leader: what the other follower got, the first delivery and the crash are beside it.
    assert!(!in_past(9_834) && !in_past(9_840) && !in_past(10_400));
    // The copy to the new leader is before it.
    let copies: Vec<usize> = (0..life.rows.len())
        .filter(|&i| matches!(&life.rows[i].what, RowWhat::Hop { label, .. } if label == "copy"))
        .collect();
    assert_eq!(
        copies.iter().map(|&i| past[i]).collect::<Vec<_>>(),
        [true, false]
    );
}

#[test]
fn keys_move_the_selection_and_open_what_it_is_about() {
    let mut model = life((120, 40));
    update(&mut model, Action::Down);
    update(&mut model, Action::LaneOn);
    let page = screen(&model).page();
    assert_eq!(
        (page.lane, page.row),
        (Some(1), 1),
        "the hop touches that lane"
    );
    update(&mut model, Action::LaneOn);
    assert_eq!(screen(&model).page().row, 3, "the copy that goes there");
    update(&mut model, Action::Open);
    assert_eq!(screen(&model).page().about, About::Event(9_820));
    update(&mut model, Action::Back);
    update(&mut model, Action::NextFound);
    assert_eq!(screen(&model).page().about, About::Trouble(1));
    update(&mut model, Action::PreviousFound);
    assert_eq!(
        screen(&model).page().about,
        About::Trouble(11),
        "round the corner"
    );
    update(&mut model, Action::All);
    assert_eq!(screen(&model).page().about, About::AllTrouble(Among::All));
    update(&mut model, Action::Back);
    update(&mut model, Action::Back);
    assert!(model.screens.is_empty());
}

#[test]
fn a_text_finds_an_event_an_offset_a_key_or_a_name() {
    let queue = fixture::frame().queues[0].clone();
    let typed = |text: &str| {
        let mut model = life((120, 40));
        update(&mut model, Action::Filter);
        text.chars().for_each(|c| {
            update(&mut model, Action::Type(c));
        });
        update(&mut model, Action::Open);
        let page = screen(&model).page();
        (page.about.clone(), page.named.clone())
    };
    assert_eq!(typed("#31877"), (About::Event(31_877), String::new()));
    assert_eq!(typed("17"), (About::Key(17), String::new()));
    let offset = format!("{}@417", queue.name);
    assert_eq!(typed(&offset).0, About::Offset(queue.queue as u32, 417));
    assert_eq!(
        typed("checkout"),
        (About::AllTrouble(Among::All), "checkout".to_owned())
    );
}

#[test]
fn the_list_shows_one_verdict_after_the_other() {
    let about = About::AllTrouble(Among::All);
    let mut model = model((120, 40), Look::default(), about, Known::Choice(choice()));
    let mut seen = Vec::new();
    for _ in 0..4 {
        update(&mut model, Action::Sort);
        seen.push(screen(&model).page().verdict.clone());
    }
    let words = ["late", "lost", "twice"].map(|w| Some(w.to_owned()));
    assert_eq!(seen[..3], words);
    assert_eq!(seen[3], None);
    update(&mut model, Action::Sort);
    update(&mut model, Action::Down);
    update(&mut model, Action::Open);
    // The second that is late.
    let second = Followable::Message { lane: 0, number: 5 };
    assert_eq!(screen(&model).page().about, About::Thing(second));
}

#[test]
fn the_run_goes_to_the_selected_event() {
    let mut model = life((120, 40));
    update(&mut model, Action::Down);
    let effect = update(&mut model, Action::GoThere);
    assert_eq!(effect, Effect::Seek(Until::Event(9_816)));
    let about = About::Event(12_480);
    let known = Known::Event(descent());
    let mut model = self::model((120, 40), Look::default(), about, known);
    update(&mut model, Action::Bottom);
    let effect = update(&mut model, Action::GoThere);
    assert_eq!(effect, Effect::Seek(Until::Event(12_482)));
}

#[test]
fn events_and_messages_are_pressed_with_the_mouse() {
    use crate::ui::screens::pointing::{pressed_lines_open, wheel_moves};
    let look = Look::default();
    for size in [(80, 24), (120, 40), (200, 60)] {
        let life = life(size);
        pressed_lines_open(&life, &["9.814", "9.820", "9.834"]);
        wheel_moves(&life, "9.820");
        let event = model(size, look, About::Event(12_480), Known::Event(descent()));
        pressed_lines_open(&event, &["#12480    ", "#1   ", "p-1→orders/0#7"]);
        let list = model(
            size,
            look,
            About::AllTrouble(Among::All),
            Known::Choice(choice()),
        );
        pressed_lines_open(&list, &["checkout-1→orders/0#2 ", "checkout-1→orders/0#7 "]);
        wheel_moves(&list, "checkout-1→orders/0#2 ");
    }
}

#[test]
fn what_is_kept_of_a_life_is_all_of_it() {
    use crate::ui::shot;
    let kept = |model: &Model| {
        let whole = model.whole().expect("there is more than fits");
        shot::text(&picture(&whole))
    };
    let mut long = twice();
    // Sixty lanes, and two hundred rows more.
    let lane = long.lanes[0].clone();
    for number in 0..60 {
        let mut lane = lane.clone();
        lane.name = format!("lane-{number:02}");
        long.lanes.push(lane);
    }
    let row = long.rows[0].clone();
    for number in 0..200 {
        let mut row = row.clone();
        row.at_ns = (20_000 + number) * 1_000_000;
        long.rows.push(row);
    }
    let rows = long.rows.len();
    let (trials, head) = (long.trials.clone(), long.name.clone());
    let look = Look::default();
    for size in [(80, 24), (200, 60)] {
        let model = model(size, look, About::Trouble(0), Known::Life(long.clone()));
        let text = kept(&model);
        for number in 0..60 {
            assert!(text.contains(&format!("lane-{number:02}")), "lane {number}");
        }
        for number in 0..200 {
            assert!(text.contains(&format!("20.{number:03}")), "row {number}");
        }
        assert!(text.contains(&head) && text.contains(&format!("1-{rows} of {rows}")));
        assert!(trials.iter().all(|t| text.contains(&t.what)));
        assert!(
            !text.contains(" more │"),
            "nothing is counted that could stand there"
        );
    }
    // A life that has room on the screen is kept as it stands there, and other screens are, too.
    assert_eq!(life((200, 60)).whole(), None);
    assert_eq!(Model::new(fixture::frame(), look, 1.0).whole(), None);
    let list = model(
        (80, 24),
        look,
        About::AllTrouble(Among::All),
        Known::Choice(choice()),
    );
    let names = choice().rows.into_iter().map(|row| row.name);
    let text = kept(&list);
    names.for_each(|name| assert!(text.contains(&name), "{name}"));
}

#[test]
fn what_is_said_below_the_diagram_scrolls_to_its_end_and_nothing_of_it_is_cut_off() {
    let mut model = life((80, 24));
    let shown = |model: &Model| {
        let buffer = picture(model);
        let cells = buffer.content().iter();
        cells.map(ratatui::buffer::Cell::symbol).collect::<String>()
    };
    let last = match &model.answer {
        Some(Answer::Lineage(known)) => match &**known {
            Known::Life(life) => {
                let least = life.trials.iter().rev().find(|t| !t.helps);
                least.or(life.trials.last()).expect("a trial").what.clone()
            }
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    assert!(!shown(&model).contains(&last), "all of it has room");
    let row = screen(&model).page().row;
    update(&mut model, Action::NextPane);
    for _ in 0..5 {
        update(&mut model, Action::PageDown);
    }
    assert!(shown(&model).contains(&last));
    assert_eq!(screen(&model).page().row, row);
    // Up moves at once, and Tab gives the keys back to the diagram.
    update(&mut model, Action::Up);
    assert!(!shown(&model).contains(&last));
    update(&mut model, Action::NextPane);
    update(&mut model, Action::Down);
    assert_eq!(screen(&model).page().row, row + 1);
}
