//! Both works on SimPy, in a Python of its own, if there is one that has it. It measures itself, without its start.

use std::process::Command;

use crate::work::{Done, W1, W3};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/with_simpy.py");
/// It does this part of the work: it would take too long over all of it.
const PART: f64 = 0.05;

/// Which Python: what `PYTHON` names.
fn python() -> Command {
    Command::new(std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into()))
}

/// SimPy's version, and that of the Python it is in. The error says what is missing.
pub fn version() -> Result<String, String> {
    const ASK: &str = "import simpy, platform; print('SimPy', simpy.__version__, 'on', \
        platform.python_implementation(), platform.python_version())";
    let output = python().args(["-c", ASK]).output();
    let output = output.map_err(|error| format!("there is no Python: {error}"))?;
    if !output.status.success() {
        return Err(
            "this Python has no SimPy (`pip install simpy`; PYTHON names another Python)".into(),
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// M/M/1.
pub fn w1() -> Done {
    run("W1", W1::WARM_UP * PART, W1::LENGTH * PART)
}

/// The pipeline.
pub fn w3() -> Done {
    run("W3", W3::WARM_UP * PART, W3::LENGTH * PART)
}

fn run(work: &str, warm_up: f64, length: f64) -> Done {
    let numbers = [warm_up.to_string(), length.to_string()];
    let output = python().arg(SCRIPT).arg(work).args(numbers).output();
    let output = output.expect("a Python that was there before");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut words = said.split_whitespace();
    let mut number = || words.next().and_then(|w| w.parse::<f64>().ok());
    let (Some(count), Some(seconds), Some(mean)) = (number(), number(), number()) else {
        panic!("SimPy failed: {}", String::from_utf8_lossy(&output.stderr));
    };
    Done {
        count: count as u64,
        seconds,
        mean,
    }
}
