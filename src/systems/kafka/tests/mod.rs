//! Clusters of brokers with a scripted client, without the model's own producers and consumers.

mod bench;
mod checks;
mod durability;
mod groups;
mod serving;
mod sessions;
mod settings;
