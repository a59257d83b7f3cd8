//! What a user asked for takes effect once: nobody pays twice.

use crate::sim::call::CallFact;
use crate::sim::names::FlowName;
use crate::sim::{Fact, Task};

use super::{Check, Findings, Kinds, Scene, kind};

/// An effect happens again. Remembers a byte for each request.
#[derive(Clone, Debug, Default)]
pub(super) struct EffectsOnce {
    /// By flow, by number of the request: which effects have happened.
    happened: Vec<Vec<u8>>,
}

impl EffectsOnce {
    fn of(&mut self, task: Task) -> &mut u8 {
        let (flow, number) = (task.flow.index(), task.number as usize);
        if self.happened.len() <= flow {
            self.happened.resize(flow + 1, Vec::new());
        }
        let of = &mut self.happened[flow];
        if of.len() <= number {
            of.resize(number + 1, 0);
        }
        &mut of[number]
    }
}

impl Check for EffectsOnce {
    const KINDS: Kinds = Kinds::of(&[kind::CALL]);
    const CHANGES: Kinds = Kinds::NONE;

    fn record(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        let Fact::Call(CallFact::Effect { task, effect }) = scene.record.fact else {
            return;
        };
        let bit = 1 << effect.min(FlowName::EFFECTS_MAX as u8 - 1);
        let happened = self.of(task);
        if *happened & bit == 0 {
            *happened |= bit;
            return;
        }
        let names = scene.ledger.names();
        found.report(scene.record, &[], || {
            let flow = names.flows.get(task.flow.index());
            let name = flow.map_or("a request", |f| f.name.as_str());
            let what = flow.and_then(|f| f.effects.get(usize::from(effect)));
            let what = what.map_or("an effect", String::as_str);
            format!("{what} of {name}#{} happened again", task.number)
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::{Checked, Checks, Property, Verdict};
    use crate::sim::call::CallFact;
    use crate::sim::ledger::Ledger;
    use crate::sim::ledger::script::{P1, Script, names};
    use crate::sim::{Fact, FlowId, Observer, Task};

    #[test]
    fn the_same_effect_of_the_same_request_happens_once() {
        let flow = FlowId(1);
        let happens = |number, effect| {
            let task = Task { flow, number };
            Fact::Call(CallFact::Effect { task, effect })
        };
        let mut all = Checked {
            ledger: Ledger::new(names(1)),
            checks: Checks::of(&[Property::EffectsOnce]),
        };
        let mut script = Script::default();
        for (number, effect) in [(0, 0), (0, 1), (7, 0)] {
            script.tell(P1, happens(number, effect));
        }
        let once = script.records.len();
        script.tell(P1, happens(0, 1));
        for record in &script.records[..once] {
            all.record(record);
        }
        assert_eq!(
            all.checks.verdict(&Property::EffectsOnce),
            Some(Verdict::Holds)
        );
        all.record(&script.records[once]);
        let Some(Verdict::Broken(finding)) = all.checks.verdict(&Property::EffectsOnce) else {
            panic!("it happened twice");
        };
        assert_eq!(finding.event, script.records[once].event);
    }
}
