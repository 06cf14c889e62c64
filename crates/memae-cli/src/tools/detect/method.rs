//! What looks at a scan: one package, or several of which it counts what they agree on.

use anomaly_eval::{HealthyCalibration, PlaceCalibration};

use super::model::Model;
use super::threshold::Threshold;
use crate::stages::package::About;

/// A package, or several of which it counts what they agree on.
pub(super) struct Method {
    /// At least one; the first one's reconstruction is shown.
    pub(super) members: Vec<Member>,
    pub(super) note: Model,
    pub(super) calibration: HealthyCalibration,
    /// Score above which a voxel is marked.
    pub(super) threshold: f32,
}

/// A package without its network.
pub(super) struct Member {
    pub(super) about: About,
    pub(super) place: Option<PlaceCalibration>,
    /// The network's number.
    pub(super) network: usize,
}

impl Method {
    /// Of one member or more.
    pub(super) fn new(members: Vec<Member>, note: Model, threshold: Threshold) -> Self {
        let calibration = together(&members);
        let threshold = threshold.score(&calibration);
        Self { members, note, calibration, threshold }
    }

    /// What speaks against its model. Doubts were measured for each model alone; what several find together, their card says.
    pub(super) fn doubts(&self) -> Vec<String> {
        match self.members.as_slice() {
            [alone] => {
                alone.about.doubts.iter().map(|doubt| format!("a doubt about the model: {doubt}")).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The calibration of one member, or of what several agree on. The thresholds are the geometric means of theirs, as scores are.
/// How healthy subjects score together was not measured, so nobody can be compared with them.
fn together(members: &[Member]) -> HealthyCalibration {
    let mut calibration = members[0].about.calibration.clone();
    if members.len() > 1 {
        let root = 1.0 / members.len() as f32;
        for (index, threshold) in calibration.thresholds.iter_mut().enumerate() {
            let each = members.iter().map(|member| member.about.calibration.thresholds[index]);
            *threshold = each.product::<f32>().powf(root);
        }
        calibration.healthy_scores.clear();
    }
    calibration
}
