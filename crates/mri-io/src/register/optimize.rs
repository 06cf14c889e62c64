//! A quasi-Newton maximizer.

use nalgebra::{DMatrix, DVector};

use super::metric::Metric;
use super::pose::{Degrees, Pose};

const ITERATIONS: usize = 40;

/// Climbs from `start` to the nearest maximum of the metric by BFGS (Nocedal & Wright 2006, chapter 6).
/// The first curvature comes from the samples' scores, so that the first step is already well scaled. No
/// step is longer than `reach` (mm), and the climb ends when one is shorter than `tolerance` (mm).
pub(super) fn climb(metric: &Metric<'_>, degrees: Degrees, start: &Pose, reach: f64, tolerance: f64) -> Pose {
    let mut step = DVector::zeros(degrees.count());
    let mut here = metric.read(start);
    let jacobian = degrees.jacobian(start, &step);
    let Some(mut inverse) = inverse_curvature(here.curvature(&jacobian)) else { return *start };
    let mut gradient = jacobian.transpose() * here.gradient();
    for _ in 0..ITERATIONS {
        let mut direction = &inverse * &gradient;
        let length = direction.norm();
        if length > reach {
            direction *= reach / length;
        }
        if direction.norm() < tolerance {
            break;
        }
        // Halve the way until the metric rises enough (Armijo).
        let slope = gradient.dot(&direction);
        let mut part = 1.0;
        let next = loop {
            let next = metric.read(&degrees.moved(start, &(&step + &direction * part)));
            if next.information >= here.information + 1e-4 * part * slope {
                break Some(next);
            }
            part *= 0.5;
            if part * direction.norm() < tolerance {
                break None;
            }
        };
        let Some(next) = next else { break };
        here = next;
        let moved = direction * part;
        step += &moved;
        if moved.norm() < tolerance {
            break;
        }
        let next_gradient = degrees.jacobian(start, &step).transpose() * here.gradient();
        inverse = updated(inverse, &moved, &(&gradient - &next_gradient));
        gradient = next_gradient;
    }
    degrees.moved(start, &step)
}

/// Inverse of the curvature with a little added to directions that the samples hardly tell; `None` if
/// they tell nothing.
fn inverse_curvature(mut curvature: DMatrix<f64>) -> Option<DMatrix<f64>> {
    let count = curvature.nrows();
    let damping = 1e-3 * curvature.trace() / count as f64;
    (0..count).for_each(|parameter| curvature[(parameter, parameter)] += damping);
    (damping > 0.0).then(|| curvature.cholesky().map(|c| c.inverse())).flatten()
}

/// The BFGS update of the inverse curvature after a move that lowered the gradient by `change`; left as
/// it is where the metric is not concave along the move.
fn updated(inverse: DMatrix<f64>, moved: &DVector<f64>, change: &DVector<f64>) -> DMatrix<f64> {
    let along = moved.dot(change);
    if along <= 1e-9 * moved.norm() * change.norm() {
        return inverse;
    }
    let left = DMatrix::identity(moved.len(), moved.len()) - moved * change.transpose() / along;
    &left * inverse * left.transpose() + moved * moved.transpose() / along
}
