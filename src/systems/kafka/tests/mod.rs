//! Clusters of brokers with a scripted client, without the model's own producers and consumers.

mod bench;
mod durability;
mod serving;
mod settings;
