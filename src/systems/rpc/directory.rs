//! What a service offers to its callers: its name, its replicas, its handlers.

use crate::sim::{Pid, ServiceId};

use super::{Balance, ClientSettings};

/// A service, for its callers.
#[derive(Clone, Debug)]
pub struct Directory {
    /// Which.
    pub service: ServiceId,
    /// What it is called.
    pub name: String,
    /// Its replicas. Of a service that scales, the first so many serve.
    pub replicas: Vec<Pid>,
    /// Its handlers, by endpoint.
    pub endpoints: Vec<String>,
    /// Who says how many of the replicas serve; `None`: all do, always.
    pub scaler: Option<Pid>,
    /// How many serve in the beginning.
    pub running: u32,
    /// Whether each replica holds some of the keys (a cache), and must be asked for those.
    pub keyed: bool,
}

impl Directory {
    /// The number of a handler.
    pub fn endpoint(&self, name: &str) -> Option<u16> {
        let at = self.endpoints.iter().position(|e| e == name)?;
        Some(at as u16)
    }

    /// How it is called where a client says nothing about which replica: in turn, or the one that holds the key.
    pub fn suited(&self, settings: ClientSettings) -> ClientSettings {
        if !self.keyed || settings.balance != Balance::RoundRobin {
            return settings;
        }
        ClientSettings {
            balance: Balance::consistent_hash(),
            ..settings
        }
    }
}
