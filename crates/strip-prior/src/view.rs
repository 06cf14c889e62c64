//! What the networks see at a time.

/// What a sample shows, and how closely.
#[derive(Clone, Copy)]
pub(crate) struct View {
    /// Voxels along each axis.
    pub(crate) edge: usize,
    /// Voxel size (mm).
    pub(crate) spacing: f32,
    /// Whether the middle lies at the brain's surface instead of in its middle.
    pub(crate) at_surface: bool,
}
