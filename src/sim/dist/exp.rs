//! e^x, several times faster than `libm` and as portable: multiplications and additions in a fixed order, and a table.

/// How many parts an octave has in the table.
const PARTS: usize = 64;

/// 2^(j / 64).
static OCTAVE: [f64; PARTS] = octave();

/// ln 2 / 64 in two pieces: the first has so few digits that its products with exponents are exact.
const STEP_HIGH: f64 = 0.010_830_424_696_223_417;
const STEP_LOW: f64 = 2.572_804_622_327_669e-14;

/// 1.5 · 2⁵²: what is added to it keeps only its nearest integer, in the lowest bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// e^x within two units in the last place; from e⁻⁷⁰⁰ to e⁷⁰⁰, beyond which it stays. What is not a number stays so.
///
/// x = (64·octaves + part)·ln 2 / 64 + rest, so that e^x = 2^octaves · 2^(part / 64) · e^rest with |rest| < 0.0055, where
/// six terms of the series suffice.
#[inline]
pub(in crate::sim) fn exp(x: f64) -> f64 {
    let x = x.clamp(-700.0, 700.0);
    let shifted = x * (PARTS as f64 * std::f64::consts::LOG2_E) + ROUND;
    let steps = shifted - ROUND;
    // The lowest bits of the sum are the integer, offset by 2⁵¹: reading them is cheaper than a cast.
    let index = (shifted.to_bits() & ((1 << 52) - 1)) as i64 - (1 << 51);
    let rest = (x - steps * STEP_HIGH) - steps * STEP_LOW;
    let tail =
        rest * rest * (0.5 + rest * (1.0 / 6.0 + rest * (1.0 / 24.0 + rest * (1.0 / 120.0))));
    let part = OCTAVE[index as usize % PARTS];
    let octaves = index >> PARTS.trailing_zeros();
    let scale = f64::from_bits(((octaves + 1023) as u64) << 52);
    scale * (part + part * (rest + tail))
}

const fn octave() -> [f64; PARTS] {
    let mut table = [1.0; PARTS];
    let mut part = 1;
    while part < PARTS {
        table[part] = super::ziggurat::exp(part as f64 * (std::f64::consts::LN_2 / PARTS as f64));
        part += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_exact_as_libm() {
        for i in -200_000..=200_000 {
            let x = f64::from(i) * 0.003_456_789;
            let error = (exp(x) / libm::exp(x) - 1.0).abs();
            assert!(error <= 3.0 * f64::EPSILON, "{x}: {error:e}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f64::NAN).is_nan());
        assert_eq!(exp(f64::INFINITY), exp(700.0));
        assert_eq!(exp(f64::NEG_INFINITY), exp(-700.0));
        assert!(exp(700.0).is_finite() && exp(-700.0) > 0.0);
    }
}
