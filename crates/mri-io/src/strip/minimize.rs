//! Minimization of a smooth function of many parameters.

use std::collections::VecDeque;

use nalgebra::DVector;

/// Steps that the curvature is estimated from.
const MEMORY: usize = 6;

/// L-BFGS (Nocedal and Wright, "Numerical Optimization", algorithm 7.5) with backtracking, from `start`.
/// `function` gives the value and the derivative; the first step is `reach` long. Ends after `iterations`
/// steps, or when a step gains less than `tolerance`.
pub(super) fn minimize(
    start: DVector<f64>,
    reach: f64,
    iterations: usize,
    tolerance: f64,
    function: impl Fn(&DVector<f64>) -> (f64, DVector<f64>),
) -> DVector<f64> {
    let mut at = start;
    let (mut value, mut gradient) = function(&at);
    let mut pairs: VecDeque<(DVector<f64>, DVector<f64>)> = VecDeque::new();
    for _ in 0..iterations {
        let mut direction = -product(&pairs, &gradient);
        if pairs.is_empty() {
            direction *= reach / direction.norm().max(f64::MIN_POSITIVE);
        }
        let slope = direction.dot(&gradient);
        if slope >= 0.0 {
            break;
        }
        let mut length = 1.0;
        let next = loop {
            let candidate = &at + &direction * length;
            let (there, slope_there) = function(&candidate);
            if there <= value + 1e-4 * length * slope {
                break Some((candidate, there, slope_there));
            }
            length *= 0.4;
            if length < 1e-3 {
                break None;
            }
        };
        let Some((candidate, there, gradient_there)) = next else { break };
        let (step, change) = (&candidate - &at, &gradient_there - &gradient);
        if step.dot(&change) > 1e-12 * step.norm() * change.norm() {
            pairs.push_back((step, change));
            if pairs.len() > MEMORY {
                pairs.pop_front();
            }
        }
        let gain = value - there;
        (at, value, gradient) = (candidate, there, gradient_there);
        if gain < tolerance {
            break;
        }
    }
    at
}

/// The estimated inverse curvature times `vector`.
fn product(pairs: &VecDeque<(DVector<f64>, DVector<f64>)>, vector: &DVector<f64>) -> DVector<f64> {
    let mut result = vector.clone();
    let mut shares = Vec::with_capacity(pairs.len());
    for (step, change) in pairs.iter().rev() {
        let share = step.dot(&result) / step.dot(change);
        result -= change * share;
        shares.push(share);
    }
    if let Some((step, change)) = pairs.back() {
        result *= step.dot(change) / change.norm_squared();
    }
    for ((step, change), share) in pairs.iter().zip(shares.into_iter().rev()) {
        let correction = share - change.dot(&result) / step.dot(change);
        result += step * correction;
    }
    result
}
