use super::*;
use crate::ui::engine::{Engine, Progress};
use crate::ui::fixture;

fn model() -> Model {
    fixture::model(120, 40)
}

#[test]
fn stepping_names_the_event() {
    let mut m = model();
    m.frame.header.events = 100;
    assert_eq!(
        update(&mut m, Action::StepOn),
        Effect::Seek(Until::Event(101))
    );
    assert_eq!(
        update(&mut m, Action::StepBack),
        Effect::Seek(Until::Event(99))
    );
}

#[test]
fn keys_that_come_during_a_seek_count_from_its_goal() {
    const SECOND_NS: u64 = 1_000_000_000;
    let mut m = model();
    let mut press = |action| {
        let effect = update(&mut m, action);
        if let Effect::Seek(goal) = effect {
            m.playback.goal = Some(goal);
        }
        effect
    };
    // The run has not moved yet, and stands at 12.48 s.
    let seconds = |n: u64| Effect::Seek(Until::Time(n * SECOND_NS + 480_000_000));
    assert_eq!(press(Action::SecondOn), seconds(13));
    assert_eq!(press(Action::SecondOn), seconds(14));
    assert_eq!(press(Action::SecondOn), seconds(15));
    assert_eq!(press(Action::SecondBack), seconds(14));
    press(Action::End);
    press(Action::SecondOn);
    let end_ns = fixture::frame().header.end_ns;
    let back = Effect::Seek(Until::Time(end_ns - SECOND_NS));
    assert_eq!(
        press(Action::SecondBack),
        back,
        "nothing lies after the end"
    );
    let mut m = model();
    update(&mut m, Action::StepOn);
    let events = fixture::frame().header.events;
    m.playback.goal = Some(Until::Event(events + 1));
    let second = update(&mut m, Action::StepOn);
    assert_eq!(second, Effect::Seek(Until::Event(events + 2)));
}

/// A dashboard whose keys move a run in which every event takes a millisecond and every hundredth makes a mark, and
/// what it does when the run arrives.
struct Travel {
    model: Model,
    run: fixture::Fake,
}

impl Travel {
    fn at_ms(events: u64) -> Self {
        let mut travel = Self {
            model: model(),
            run: fixture::Fake::new(1),
        };
        travel.run.events = events;
        travel.model.playback.paused = true;
        travel.model.show(travel.run.frame());
        travel
    }

    fn press(&mut self, action: Action) {
        let effect = update(&mut self.model, action);
        self.obey(effect);
    }

    fn obey(&mut self, effect: Effect) {
        match effect {
            Effect::Seek(goal) => self.model.playback.goal = Some(goal),
            Effect::Pace => self.model.playback.goal = None,
            _ => {}
        }
    }

    /// Lets the run get half a second nearer.
    fn go_on(&mut self) {
        if let Some(goal) = self.model.playback.goal {
            self.run.leap(goal);
            self.run.run(goal, 500);
            self.model.show(self.run.frame());
        }
    }

    /// Where the run stands when nothing is left to do, ms.
    fn end(&mut self) -> u64 {
        while let Some(goal) = self.model.playback.goal {
            self.run.leap(goal);
            while self.run.run(goal, 500) == Progress::More {}
            self.model.show(self.run.frame());
            self.model.playback.goal = None;
            let effect = arrived(&mut self.model);
            self.obey(effect);
        }
        self.run.events
    }
}

#[test]
fn a_key_that_counts_from_a_place_yet_unknown_waits_until_the_run_is_there() {
    use Action::{End, NextMark, Pause, PreviousMark, SecondBack, SecondOn, StepBack, StepOn};
    let cases: [(&[Action], u64); 9] = [
        (&[NextMark, NextMark], 10_200),
        (&[NextMark, NextMark, NextMark, StepOn, SecondOn], 11_301),
        (&[NextMark, SecondOn, SecondOn], 12_100),
        (&[NextMark, StepBack, StepBack], 10_098),
        (&[SecondOn, NextMark], 11_100),
        (&[StepBack, SecondOn], 11_049),
        (&[End, StepBack], 29_999),
        (&[NextMark, NextMark, End], 30_000),
        // Whoever stops it wants no more of it.
        (&[NextMark, NextMark, Pause], 10_050),
    ];
    for (keys, expected) in cases {
        let mut travel = Travel::at_ms(10_050);
        keys.iter().for_each(|&key| travel.press(key));
        assert_eq!(travel.end(), expected, "{keys:?}");
    }
    // Nor does it count from the middle of the way.
    let mut mark = fixture::frame().timeline.marks[0];
    mark.event = 2_000;
    let mut travel = Travel::at_ms(4_000);
    travel.model.frame.timeline.marks = vec![mark];
    travel.press(PreviousMark);
    travel.go_on();
    travel.press(SecondOn);
    assert_eq!(travel.end(), 3_000);
    let mut travel = Travel::at_ms(4_000);
    travel.press(End);
    travel.go_on();
    travel.press(StepBack);
    travel.press(SecondBack);
    assert_eq!(travel.end(), 28_999);
}

#[test]
fn a_paused_run_stands_at_its_start_and_an_ended_one_plays_again() {
    let mut m = model();
    m.playback.paused = true;
    update(&mut m, Action::Restart);
    assert!(m.playback.paused);
    m.playback.ended = true;
    update(&mut m, Action::Restart);
    assert!(!m.playback.paused);
    m.playback.paused = true;
    update(&mut m, Action::RandomSeed);
    assert!(!m.playback.paused, "another run was asked for");
}

#[test]
fn from_the_detail_of_a_node_or_queue_one_gets_to_its_events() {
    for (pane, name) in [(Pane::Topology, "web-1"), (Pane::Queues, "orders/0")] {
        let mut m = model();
        m.focus = pane;
        update(&mut m, Action::Down);
        update(&mut m, Action::Open);
        if pane == Pane::Topology {
            assert!(matches!(m.screens[..], [Open::Inspector(_)]));
            update(&mut m, Action::Log);
        } else {
            assert_eq!(m.overlay, Overlay::Detail);
            update(&mut m, Action::Open);
        }
        assert_eq!((m.overlay.clone(), m.focus), (Overlay::None, Pane::Events));
        assert_eq!(m.filter, name);
    }
}

#[test]
fn the_mark_before_is_strictly_before() {
    let mut m = model();
    let last = *m.frame.timeline.marks.last().expect("marks");
    m.frame.header.events = last.event;
    let before = m.frame.timeline.marks[m.frame.timeline.marks.len() - 2];
    assert_eq!(
        update(&mut m, Action::PreviousMark),
        Effect::Seek(Until::Event(before.event))
    );
}

#[test]
fn speeds_stop_at_both_ends() {
    let mut m = model();
    for _ in 0..40 {
        update(&mut m, Action::Faster);
    }
    assert!(m.playback.speed.is_infinite());
    for _ in 0..40 {
        update(&mut m, Action::Slower);
    }
    assert_eq!(m.playback.speed, 0.1);
    update(&mut m, Action::SpeedReset);
    assert_eq!(m.playback.speed, 1.0);
}

#[test]
fn keys_go_from_any_speed_to_the_next_of_those_they_have() {
    for (asked, above, below) in [
        (8.0, 10.0, 5.0),
        (10.0, 20.0, 5.0),
        (0.15, 0.2, 0.1),
        (3000.0, f64::INFINITY, 1000.0),
    ] {
        for (key, reached) in [(Action::Faster, above), (Action::Slower, below)] {
            let mut m = model();
            m.playback.speed = asked;
            assert_eq!(update(&mut m, key), Effect::Pace);
            assert_eq!(m.playback.speed, reached, "from {asked}");
        }
    }
}

#[test]
fn a_seed_is_typed_and_accepted() {
    let mut m = model();
    update(&mut m, Action::Seed);
    for c in "12x3".chars() {
        update(&mut m, Action::Type(c));
    }
    update(&mut m, Action::Erase);
    update(&mut m, Action::Type('7'));
    assert_eq!(update(&mut m, Action::Open), Effect::Restart(127));
}

#[test]
fn a_seed_too_large_is_refused_with_a_reason() {
    let mut m = model();
    update(&mut m, Action::Seed);
    for _ in 0..20 {
        update(&mut m, Action::Type('9'));
    }
    assert_eq!(update(&mut m, Action::Open), Effect::None);
    assert!(m.notice.contains("18446744073709551615"));
    assert!(matches!(m.overlay, Overlay::Seed(_)));
}

#[test]
fn a_filter_keeps_what_contains_it() {
    let mut m = model();
    let all = m.events().len();
    update(&mut m, Action::Filter);
    for c in "crash".chars() {
        update(&mut m, Action::Type(c));
    }
    let kept = m.events();
    assert!(!kept.is_empty() && kept.len() < all);
    assert!(kept.iter().all(|e| e.word.contains("CRASH")));
    update(&mut m, Action::Back);
    assert_eq!(m.events().len(), all);
}

#[test]
fn escape_undoes_one_thing_at_a_time() {
    let mut m = model();
    m.has_parent = true;
    update(&mut m, Action::Zoom);
    update(&mut m, Action::Down);
    assert_eq!(update(&mut m, Action::Back), Effect::None);
    assert!(m.zoom && m.selection(m.focus).is_none());
    assert_eq!(update(&mut m, Action::Back), Effect::None);
    assert!(!m.zoom);
    assert_eq!(update(&mut m, Action::Back), Effect::None);
    assert!(m.notice.contains("again"), "it asks first");
    update(&mut m, Action::Down);
    update(&mut m, Action::Back);
    assert_eq!(update(&mut m, Action::Back), Effect::None, "asked anew");
    assert_eq!(update(&mut m, Action::Back), Effect::Back);
}

#[test]
fn tab_visits_every_pane_that_is_shown() {
    let mut m = model();
    let mut seen = vec![m.focus];
    for _ in 0..5 {
        update(&mut m, Action::NextPane);
        seen.push(m.focus);
    }
    assert_eq!(seen, Pane::ALL);
    let mut small = fixture::model(80, 24);
    for _ in 0..12 {
        update(&mut small, Action::NextPane);
        assert_eq!(small.zoomed(), None, "{:?}", small.focus);
    }
}

#[test]
fn a_line_of_the_help_does_what_its_key_does() {
    for (line, binding) in help::bindings(help::DASHBOARD).iter().enumerate() {
        let on_dashboard = [Context::Dashboard, Context::Always].contains(&binding.context);
        let mut by_help = model();
        by_help.overlay = Overlay::Help(line);
        let effect = update(&mut by_help, Action::Open);
        let mut by_key = model();
        if on_dashboard {
            assert_eq!(
                effect,
                update(&mut by_key, binding.action),
                "{}",
                binding.meaning
            );
            assert_eq!(by_help, by_key, "{}", binding.meaning);
        }
    }
}

#[test]
fn a_selected_event_stays_selected_when_others_come() {
    let mut m = model();
    m.focus = Pane::Events;
    update(&mut m, Action::Down);
    update(&mut m, Action::Down);
    let chosen = m.events()[1].clone();
    let mut frame = m.frame.clone();
    let mut newer = frame.events[0].clone();
    newer.event += 1;
    frame.events.insert(0, newer);
    m.show(frame);
    assert_eq!(m.selection(Pane::Events), Some(2));
    assert_eq!(*m.events()[2], chosen);
}

#[test]
fn the_key_for_lineage_asks_for_the_selected_queue_or_service_itself() {
    use crate::ui::view::lineage::{About, Among};
    let asked = |model: &mut Model, at: usize| {
        model.focus = Pane::Queues;
        model.selected[Pane::Queues.index()] = Some(at);
        let row = model.rows()[at].clone();
        update(model, Action::Lineage);
        let about = match model.screens.pop().and_then(|s| s.query()) {
            Some(crate::ui::engine::Query::Lineage(about)) => about,
            other => panic!("{other:?}"),
        };
        (row, about)
    };
    let mut shop = model();
    shop.frame = crate::ui::fixture_services::shop();
    for mut model in [model(), shop] {
        for at in 0..model.rows().len() {
            let (row, about) = asked(&mut model, at);
            let among = match row.kind {
                RowKind::Waiting => Among::Service(row.queue),
                RowKind::Depth | RowKind::Lag => Among::Queue(row.queue),
            };
            assert_eq!(about, About::AllTrouble(among), "{}", row.name);
        }
    }
}
