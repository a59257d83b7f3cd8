//! Long stories made short: of steps that repeat, the first ones and the last are told, and how many there were between.

use std::collections::BTreeMap;

use super::Step;

/// Of steps of one kind so many are told from the beginning.
const FIRST: usize = 2;
/// Kinds with this many steps or fewer are told whole.
const WHOLE_MAX: usize = 4;
/// A story has so many rows at most: those of the beginning, and those of the end.
const ROWS_MAX: (usize, usize) = (40, 20);

/// A row of a story.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Row<'a> {
    /// A step.
    Step(&'a Step),
    /// So many steps that are left out, the first of them and the last.
    More(usize, &'a Step, &'a Step),
}

/// The rows of a story.
pub fn condensed(steps: &[Step]) -> Vec<Row<'_>> {
    let mut kinds: BTreeMap<(&str, String), Vec<usize>> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        let kind = (step.subject.as_str(), without_digits(&step.text));
        kinds.entry(kind).or_default().push(at);
    }
    let mut told = vec![true; steps.len()];
    for places in kinds.values().filter(|places| places.len() > WHOLE_MAX) {
        let between = &places[FIRST..places.len() - 1];
        // What comes from a line of the scenario is always told.
        let hidden = between.iter().filter(|at| steps[**at].line == 0);
        hidden.for_each(|at| told[*at] = false);
    }
    let left = told.iter().filter(|told| **told).count();
    if left > ROWS_MAX.0 + ROWS_MAX.1 {
        let mut seen = 0;
        for (step, told) in steps.iter().zip(&mut told).filter(|(_, told)| **told) {
            seen += 1;
            let is_between = seen > ROWS_MAX.0 && seen + ROWS_MAX.1 <= left;
            *told = !is_between || step.line != 0;
        }
    }
    let mut rows = Vec::new();
    for (step, told) in steps.iter().zip(told) {
        match rows.last_mut() {
            _ if told => rows.push(Row::Step(step)),
            Some(Row::More(count, _, last)) => (*count, *last) = (*count + 1, step),
            _ => rows.push(Row::More(1, step, step)),
        }
    }
    rows
}

/// What tells steps of one kind apart are numbers.
fn without_digits(text: &str) -> String {
    let kept = |c: &char| !c.is_ascii_digit() && *c != '.';
    let short: String = text.chars().filter(kept).collect();
    // Times have units of their own.
    for unit in [" ns", "ns", "µs", "us", "ms"] {
        if let Some(short) = short.strip_suffix(unit) {
            return short.to_owned();
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::marks::Sign;

    fn step(event: u64, text: &str, line: u32) -> Step {
        Step {
            at_ns: event * 1_000,
            event,
            subject: "web-1".into(),
            sign: Sign::Other,
            text: text.into(),
            is_own: true,
            line,
            end: None,
        }
    }

    #[test]
    fn what_repeats_is_told_three_times_and_counted() {
        let mut steps = vec![step(1, "made", 0)];
        for n in 0..100 {
            steps.push(step(2 + n, &format!("retry {n} to broker-1"), 0));
        }
        steps.insert(50, step(50, "crash broker-1", 28));
        steps.push(step(200, "lost", 0));
        let rows = condensed(&steps);
        let told: Vec<&str> = rows
            .iter()
            .map(|row| match row {
                Row::Step(step) => step.text.as_str(),
                Row::More(..) => "more",
            })
            .collect();
        let expected = [
            "made",
            "retry 0 to broker-1",
            "retry 1 to broker-1",
            "more",
            "crash broker-1",
            "more",
            "retry 99 to broker-1",
            "lost",
        ];
        assert_eq!(told, expected);
        let hidden = rows.iter().map(|row| match row {
            Row::More(count, ..) => *count,
            Row::Step(_) => 0,
        });
        assert_eq!(hidden.sum::<usize>(), 97);
    }

    #[test]
    fn a_story_without_repeats_is_told_as_it_is_up_to_a_length() {
        let name = |n: u64| (0..=n).map(|_| 'x').collect::<String>();
        let steps: Vec<Step> = (1..=60).map(|n| step(n, &name(n), 0)).collect();
        assert_eq!(condensed(&steps).len(), 60);
        let steps: Vec<Step> = (1..=200).map(|n| step(n, &name(n), 0)).collect();
        let rows = condensed(&steps);
        assert_eq!(rows.len(), 61);
        assert_eq!(rows[40], Row::More(140, &steps[40], &steps[179]));
        assert!(condensed(&[]).is_empty());
    }
}
