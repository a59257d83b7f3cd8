//! Settings of services and their users that keep what is asked for from failing, from being lost, or from being done twice.

use crate::sim::units::Duration;
use crate::systems::rpc::{ClientSettings, Retry};
use crate::systems::safeguard::{Guarded, Safeguard, Safeguards};

use super::requests::RequestsSettings;
use super::settings::Settings;
use super::workflow::{Style, WorkflowSettings};

impl Guarded for Settings {
    fn safeguards(&self) -> Vec<Safeguard> {
        let place = format!("systems.{}", self.name);
        let mut all = Vec::new();
        for handler in &self.handlers {
            let of_handler = Safeguards::of(format!("{place}.handlers.{}", handler.name))
                .offer(handler.idempotent.is_none(), "idempotent=()")
                .offer(
                    handler.idempotent.as_ref().is_some_and(|d| !d.persistent),
                    "idempotent.persistent=true",
                );
            all.extend(of_handler.done());
        }
        for client in &self.clients {
            all.extend(of_client(client, &format!("{place}.clients.{}", client.to)));
        }
        let shedding =
            Safeguards::of(place).offer(self.load_shedding.is_some(), "load_shedding=None");
        all.extend(shedding.done());
        all
    }
}

impl Guarded for WorkflowSettings {
    fn safeguards(&self) -> Vec<Safeguard> {
        Safeguards::of(format!("systems.{}", self.name))
            .offer(self.style == Style::Synchronous, "style=EventDriven")
            .done()
    }
}

impl Guarded for RequestsSettings {
    fn safeguards(&self) -> Vec<Safeguard> {
        of_client(&self.client, &format!("workloads.{}.client", self.name))
    }
}

fn of_client(client: &ClientSettings, place: &str) -> Vec<Safeguard> {
    let short = |time: Option<Duration>| time.is_some_and(|t| t < Duration::from_secs(10));
    Safeguards::of(place)
        .offer(client.retry == Retry::None, "retry=Exponential()")
        .offer(client.retry != Retry::None, "retry=None")
        .offer_all(
            short(client.timeout) || short(client.deadline),
            &["timeout=\"10s\"", "deadline=\"30s\""],
        )
        .offer(client.timeout.is_none(), "timeout=\"1s\"")
        .offer(client.circuit_breaker.is_some(), "circuit_breaker=None")
        .offer(
            client.retry != Retry::None && client.retry_budget.is_none(),
            "retry_budget=Ratio()",
        )
        .offer(
            client.retry != Retry::None && client.circuit_breaker.is_none(),
            "circuit_breaker=()",
        )
        .done()
}
