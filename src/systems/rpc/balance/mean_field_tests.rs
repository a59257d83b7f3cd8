//! Power of d choices against the theory of many queues: with Poisson arrivals of rate λ to each of n servers, exponential
//! service of mean 1 and n → ∞, the share of servers with at least k calls is λ^((dᵏ − 1) / (d − 1)), and λᵏ for d = 1 (N. Vvedenskaya,
//! R. Dobrushin, F. Karpelevich, 1996; M. Mitzenmacher, 1996).

use super::*;

const SERVERS: usize = 500;
/// Shares of servers with at least 1, 2, … calls that are compared.
const DEPTHS: usize = 6;
const BATCHES: usize = 20;

/// The servers as a Markov chain: a step is an arrival with probability λ / (1 + λ), else the end of a service at any server,
/// which means something if that one is busy.
struct Service {
    balancer: Balancer,
    stream: Stream,
    replicas: Vec<Candidate>,
    /// How many have at least 1, 2, … calls.
    tail: [u32; DEPTHS],
}

impl Service {
    fn new(d: u32) -> Self {
        let replicas = (0..SERVERS as u32).map(|index| Candidate {
            index,
            outstanding: 0,
        });
        Self {
            balancer: Balancer::new(&Balance::PowerOfChoices { d }, SERVERS as u32),
            stream: Stream::named(17, "mean field", &d.to_string()),
            replicas: replicas.collect(),
            tail: [0; DEPTHS],
        }
    }

    fn step(&mut self, arrival: f64) {
        if self.stream.chance(arrival) {
            let place = self.balancer.pick(&self.replicas, 0, &mut self.stream);
            let calls = &mut self.replicas[place.unwrap()].outstanding;
            *calls += 1;
            if let Some(tail) = self.tail.get_mut(*calls as usize - 1) {
                *tail += 1;
            }
        } else {
            let place = self.stream.below(SERVERS as u64) as usize;
            let calls = &mut self.replicas[place].outstanding;
            if *calls > 0 {
                if let Some(tail) = self.tail.get_mut(*calls as usize - 1) {
                    *tail -= 1;
                }
                *calls -= 1;
            }
        }
    }

    /// The mean shares over so many steps.
    fn shares(&mut self, arrival: f64, steps: usize) -> [f64; DEPTHS] {
        let mut sums = [0_u64; DEPTHS];
        for _ in 0..steps {
            self.step(arrival);
            for (sum, tail) in sums.iter_mut().zip(self.tail) {
                *sum += u64::from(tail);
            }
        }
        sums.map(|sum| sum as f64 / (steps * SERVERS) as f64)
    }
}

#[test]
fn shares_of_busy_servers_follow_the_mean_field() {
    for (d, load) in [(1, 0.5), (2, 0.5), (2, 0.8), (3, 0.8)] {
        let mut service = Service::new(d);
        let arrival = load / (1.0 + load);
        // Times in mean services, of 2 or less n steps each: 20 to settle, then twenty batches of 10.
        let unit = ((1.0 + load) * SERVERS as f64) as usize;
        service.shares(arrival, 20 * unit);
        let batches: Vec<[f64; DEPTHS]> = (0..BATCHES)
            .map(|_| service.shares(arrival, 10 * unit))
            .collect();
        let mut exponent = 0;
        for depth in 0..DEPTHS {
            // 1, 1 + d, 1 + d + d², …
            exponent = exponent * d + 1;
            let expected = libm::pow(load, f64::from(exponent));
            let n = BATCHES as f64;
            let mean = batches.iter().map(|b| b[depth]).sum::<f64>() / n;
            let spread = batches.iter().map(|b| (b[depth] - mean).powi(2));
            let standard_error = (spread.sum::<f64>() / (n - 1.0) / n).sqrt();
            // The 99.9 % point of Student's t with 19 degrees of freedom, and what a finite number of servers adds.
            let allowed = 3.883 * standard_error + 2.0 / SERVERS as f64;
            assert!(
                (mean - expected).abs() < allowed,
                "d {d}, load {load}, depth {}: {mean} for {expected} ± {allowed}",
                depth + 1
            );
        }
    }
}
