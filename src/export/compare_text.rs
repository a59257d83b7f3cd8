//! Two runs side by side as text for people.

use std::fmt::Write;
use std::ops::Range;

use crate::hunt::compare::{
    Call, Delta, Difference, Found, Judged, OverSeeds, Pair, Row, deltas, judged, sort,
};
use crate::sim::amount::Amount;
use crate::sim::units::Duration;

/// What both came to, where they part, and what many seeds say.
pub fn document(pair: &Pair, found: &Found, over: Option<(&OverSeeds, &Range<u64>)>) -> String {
    let mut out = head(pair);
    first(&mut out, found);
    checks(&mut out, &judged(pair.runs()));
    if let [Some(a), Some(b)] = [0, 1].map(|side: usize| pair.runs()[side].watch()) {
        metrics(&mut out, deltas(a, b));
    }
    if let Some((over, seeds)) = over {
        over_seeds(&mut out, over, seeds);
    }
    out
}

fn head(pair: &Pair) -> String {
    let mut out = String::new();
    let [a, b] = pair.runs();
    let (name, title) = (&a.loaded().name, &a.scenario().title);
    let _ = writeln!(out, "scenario  {name}: {title}");
    let other = &b.loaded().name;
    if other != name {
        let _ = writeln!(out, "      B   {other}: {}", b.scenario().title);
    }
    let _ = writeln!(out, "until     {}", Duration::from_ns(pair.end_ns()));
    for (side, (label, run)) in ["A", "B"].iter().zip(pair.labels().iter().zip(pair.runs())) {
        let _ = writeln!(
            out,
            "{side}         {label} (seed {}, {} events, digest {:016x})",
            run.seed(),
            run.sim().events(),
            run.sim().digest().value()
        );
    }
    unlike(&mut out, pair);
    out
}

/// What of the two differs besides what was changed, and what that does to the comparison.
fn unlike(out: &mut String, pair: &Pair) {
    let [a, b] = pair.own_ends_ns().map(Duration::from_ns);
    if a != b {
        let until = Duration::from_ns(pair.end_ns());
        let _ = writeln!(
            out,
            "note      A ends at {a} and B at {b}: both are played up to {until}"
        );
    }
    let [a, b] = pair.runs().each_ref().map(|run| run.seed());
    if a != b {
        let _ = writeln!(
            out,
            "note      A has seed {a} and B seed {b}: what differs between these two may be chance"
        );
    }
}

fn first(out: &mut String, found: &Found) {
    let Found::Parted(difference) = found else {
        let _ = writeln!(out, "\nfirst difference  none: every record is the same");
        return;
    };
    let at = stamp(difference.at_ns);
    let _ = writeln!(out, "\nfirst difference  {at}s");
    if let Some(line) = &difference.last_same {
        let _ = writeln!(out, "  both  {}", super::text::mark(line).trim_start());
    }
    for (side, line) in ["A", "B"].iter().zip(&difference.records) {
        let says = line.as_ref().map_or("nothing more".to_owned(), |l| {
            super::text::mark(l).trim_start().to_owned()
        });
        let _ = writeln!(out, "  {side}     {says}");
    }
    notes(out, difference);
}

fn notes(out: &mut String, difference: &Difference) {
    if let Some(second) = difference.second
        && second < difference.at_ns / 1_000_000_000
    {
        let _ = writeln!(
            out,
            "  before it, from second {second} on, something differs that nothing is recorded of"
        );
    }
    if difference.other_world {
        let _ = writeln!(
            out,
            "  A and B have not the same machines, processes or queues"
        );
    }
}

fn stamp(ns: u64) -> String {
    let (seconds, micros) = (ns / 1_000_000_000, ns / 1_000 % 1_000_000);
    format!("{seconds}.{micros:06}")
}

fn checks(out: &mut String, judged: &[Judged]) {
    if judged.is_empty() {
        return;
    }
    let labels = judged.iter().map(|j| j.label.chars().count());
    let width = labels.max().unwrap_or(0).max("properties".len());
    let _ = writeln!(out, "\n{:<width$}    {:<10}  B", "properties", "A");
    for row in judged {
        let [a, b] = row.words.map(|word| word.unwrap_or("not checked"));
        let _ = writeln!(out, "  {:<width$}  {a:<10}  {b}", row.label);
    }
}

fn metrics(out: &mut String, mut deltas: Vec<Delta>) {
    let all = deltas.len();
    deltas.retain(|d| !d.is_same());
    sort(&mut deltas);
    let head = ["metrics that differ", "A", "B", "B−A", "better"].map(str::to_owned);
    let mut table = vec![head];
    for delta in &deltas {
        let [a, b] = delta.amounts.map(optional);
        let difference = delta.difference();
        let difference =
            difference.map_or("–".to_owned(), |d| signed(Amount::new(d, delta.unit)));
        let better = delta.better_side().map_or("", |side| ["A", "B"][side]);
        table.push([
            format!("  {}", delta.name),
            a,
            b,
            difference,
            better.to_owned(),
        ]);
    }
    let _ = writeln!(out);
    columns(out, &table);
    let same = all - deltas.len();
    let _ = writeln!(out, "  {same} more are the same");
}

fn over_seeds(out: &mut String, over: &OverSeeds, seeds: &Range<u64>) {
    let judged = over.seeds - over.panicked;
    let _ = writeln!(
        out,
        "\nover seeds {}..{}: the mean of B−A with the same seeds on both sides, its 95 % interval, {judged} pairs",
        seeds.start, seeds.end
    );
    let mut table = Vec::new();
    let (mut same, mut unclear, mut unmeasured) = (0, 0, 0);
    for row in &over.rows {
        match row.paired.interval() {
            None if row.paired.pairs() == 0 && row.only == [0, 0] => unmeasured += 1,
            Some((low, high)) if low == 0.0 && high == 0.0 && row.only == [0, 0] => same += 1,
            _ => {
                let is_unclear = row.only_side().is_none();
                unclear += u64::from(is_unclear && row.paired.call(row.better) == Call::No);
                table.push(over_row(row, judged));
            }
        }
    }
    columns(out, &table);
    let _ = writeln!(
        out,
        "  {unclear} no call: the interval holds 0, or there are too few pairs; they may differ by chance\n  {same} more are the same with every seed; {unmeasured} were not measured"
    );
}

fn over_row(row: &Row, seeds: u64) -> [String; 5] {
    let amount = |value| signed(Amount::new(value, row.unit));
    let interval = |(low, high)| format!("({} … {})", amount(low), amount(high));
    let mut says = match row.only_side() {
        Some(side) => format!("only {} has it", ["A", "B"][side]),
        None => row.paired.call(row.better).words().to_owned(),
    };
    let (pairs, [only_a, only_b]) = (row.paired.pairs(), row.only);
    let known = pairs + only_a + only_b;
    if row.only_side().is_some() && known < seeds {
        let _ = write!(says, ", with {known} of {seeds} seeds");
    } else if row.only_side().is_none() && pairs < seeds {
        let _ = write!(says, ", {pairs} of {seeds} pairs");
    }
    [
        format!("  {}", row.name),
        row.paired.mean().map_or("–".to_owned(), amount),
        row.paired.interval().map_or(String::new(), interval),
        String::new(),
        says,
    ]
}

/// The first column to the left, the numbers to the right, the last as it is.
fn columns(out: &mut String, table: &[[String; 5]]) {
    let width = |column: usize| {
        let cells = table.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths = [0, 1, 2, 3].map(width);
    for row in table {
        let mut line = format!("{:<1$}", row[0], widths[0]);
        for (cell, width) in row[1..4].iter().zip(&widths[1..]).filter(|(_, w)| **w > 0) {
            let _ = write!(line, "  {cell:>width$}");
        }
        let _ = writeln!(out, "{}", format!("{line}  {}", row[4]).trim_end());
    }
}

fn optional(amount: Option<Amount>) -> String {
    amount.map_or("–".to_owned(), |amount| amount.to_string())
}

/// A difference with its sign.
fn signed(amount: Amount) -> String {
    let sign = match amount.value {
        v if v < 0.0 => "−",
        v if v > 0.0 => "+",
        _ => "",
    };
    format!("{sign}{}", Amount::new(amount.value.abs(), amount.unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::amount::Unit;

    #[test]
    fn differences_have_a_sign_and_their_unit() {
        assert_eq!(signed(Amount::new(-17.0, Unit::Count)), "−17");
        assert_eq!(signed(Amount::new(42.0, Unit::Count)), "+42");
        assert_eq!(signed(Amount::new(-2.08e9, Unit::Time)), "−2.08s");
        assert_eq!(signed(Amount::new(0.05, Unit::Ratio)), "+5%");
        assert_eq!(signed(Amount::new(0.0, Unit::Count)), "0");
    }
}
