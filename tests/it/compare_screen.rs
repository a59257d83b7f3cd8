//! Two runs beside each other on a real terminal: chosen, played, taken to where they part, and over seeds.

use crate::terminal::start;

#[test]
fn a_run_is_held_against_its_control_and_taken_to_where_they_part() {
    let args = ["run", "leader-crash", "--speed", "0.1", "--until", "22s"];
    let mut session = start(&args, &[]);
    session.sees("Topology");
    session.press("c");
    session.sees("its control");
    session.press("\r");
    session.until("where they part", |t| {
        t.contains("first difference  20.000s")
    });
    let shown = session.text();
    assert!(
        shown.contains("A  as it is") && shown.contains("B  control"),
        "{shown}"
    );
    assert!(shown.contains("FAULT"), "{shown}");
    session.press("d");
    session.until("the moment of the fault", |t| t.contains("20.0"));
    // To the end: the dead leader's time is in the table.
    session.press("\x1b[F");
    session.until("the end", |t| {
        t.contains("nodes.down_total") || t.contains("nodes.crashes")
    });
    session.press("v");
    session.until("the sides exchanged", |t| t.contains("A  control"));
    session.press("\x1b");
    session.until("the dashboard", |t| t.contains("Topology"));
    session.press("c");
    session.until("the list", |t| t.contains("its control"));
    // The second line is a setting. One that somebody types whole may have a mistake.
    session.press("j\r");
    session.sees("nodes.broker.count");
    session.press("workloads.checkout.akcs=One\r");
    session.until("the nearest right one", |t| {
        t.contains("did you mean `workloads.checkout.acks`?") && !t.contains("--set:1:1")
    });
    // One that is chosen by a few letters has its value and what it can be.
    session.press("c");
    session.sees("its control");
    session.press("j\rchkacks\r");
    session.sees("one of Zero, One, All");
    session.press("Zero\r");
    session.until("the two runs", |t| {
        t.contains("B  workloads.checkout.acks=Zero")
    });
    session.press("q");
    assert_eq!(session.ends(), 0);
    session.is_clean();
}
