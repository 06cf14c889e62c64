//! A quasi-Newton maximizer for six parameters.

use nalgebra::{Matrix6, Vector6};

use super::metric::Metric;
use super::pose::Pose;

const ITERATIONS: usize = 40;

/// Climbs from `start` to the nearest maximum of the metric by BFGS (Nocedal & Wright 2006, chapter 6).
/// The first curvature comes from the samples' scores, so that the first step is already well scaled. No
/// step is longer than `reach` (mm), and the climb ends when one is shorter than `tolerance` (mm).
pub(super) fn climb(metric: &Metric<'_>, start: &Pose, reach: f64, tolerance: f64) -> Pose {
    let mut step = Vector6::zeros();
    let mut here = metric.evaluate(start, &step);
    let Some(mut inverse) = inverse_curvature(&here.curvature) else { return *start };
    for _ in 0..ITERATIONS {
        let mut direction = inverse * here.gradient;
        let length = direction.norm();
        if length > reach {
            direction *= reach / length;
        }
        if direction.norm() < tolerance {
            break;
        }
        // Halve the way until the metric rises enough (Armijo).
        let slope = here.gradient.dot(&direction);
        let mut part = 1.0;
        let next = loop {
            let next = metric.evaluate(start, &(step + direction * part));
            if next.information >= here.information + 1e-4 * part * slope {
                break Some(next);
            }
            part *= 0.5;
            if part * direction.norm() < tolerance {
                break None;
            }
        };
        let Some(next) = next else { break };
        let moved = direction * part;
        step += moved;
        inverse = updated(&inverse, &moved, &(here.gradient - next.gradient));
        here = next;
        if moved.norm() < tolerance {
            break;
        }
    }
    start.moved(&step)
}

/// Inverse of the curvature with a little added to directions that the samples hardly tell; `None` if
/// they tell nothing.
fn inverse_curvature(curvature: &Matrix6<f64>) -> Option<Matrix6<f64>> {
    let damping = 1e-3 * curvature.trace() / 6.0;
    let damped = curvature + Matrix6::identity() * damping;
    (damping > 0.0).then(|| damped.cholesky().map(|c| c.inverse())).flatten()
}

/// The BFGS update of the inverse curvature after a move that lowered the gradient by `change`; left as
/// it is where the metric is not concave along the move.
fn updated(inverse: &Matrix6<f64>, moved: &Vector6<f64>, change: &Vector6<f64>) -> Matrix6<f64> {
    let along = moved.dot(change);
    if along <= 1e-9 * moved.norm() * change.norm() {
        return *inverse;
    }
    let left = Matrix6::identity() - moved * change.transpose() / along;
    left * inverse * left.transpose() + moved * moved.transpose() / along
}
