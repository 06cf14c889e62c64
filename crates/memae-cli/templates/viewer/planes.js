// Geometry of the three planes. Voxel axes run to the patient's right, front and top; pictures run against all of them:
// the right is on the left (radiological convention), the front is on the left of sagittal views, the top is up.

const PLANES = [
  { name: "axial", across: 0, down: 1, through: 2, marks: { left: "R", right: "L", top: "A", bottom: "P" } },
  { name: "coronal", across: 0, down: 2, through: 1, marks: { left: "R", right: "L", top: "S", bottom: "I" } },
  { name: "sagittal", across: 1, down: 2, through: 0, marks: { left: "A", right: "P", top: "S", bottom: "I" } },
];

/** Columns and rows of a plane's picture in voxels, and its sides in mm. */
function extent(plane, { crop, spacing }) {
  const [columns, rows] = [crop.shape[plane.across], crop.shape[plane.down]];
  return { columns, rows, width: columns * spacing[plane.across], height: rows * spacing[plane.down] };
}

/** Calls `visit(index in the volume, index in the picture)` for each voxel of a slice. */
function eachVoxel(plane, { crop }, slice, visit) {
  const steps = [crop.shape[1] * crop.shape[2], crop.shape[2], 1];
  const [columns, rows] = [crop.shape[plane.across], crop.shape[plane.down]];
  const start = slice * steps[plane.through];
  for (let row = 0, pixel = 0; row < rows; row++) {
    const ofRow = start + (rows - 1 - row) * steps[plane.down];
    for (let column = 0; column < columns; column++, pixel++) {
      visit(ofRow + (columns - 1 - column) * steps[plane.across], pixel);
    }
  }
}

/** The voxel under a point of a plane's picture, given as shares of its width and height. */
function voxelUnder(plane, subject, cross, across, down) {
  const { columns, rows } = extent(plane, subject);
  const clamp = (at, length) => Math.min(Math.max(Math.floor(at), 0), length - 1);
  const voxel = [...cross];
  voxel[plane.across] = columns - 1 - clamp(across * columns, columns);
  voxel[plane.down] = rows - 1 - clamp(down * rows, rows);
  return voxel;
}

/** Where the middle of a voxel lies on a plane's picture, as shares of its width and height. */
function placeOf(plane, subject, voxel) {
  const { columns, rows } = extent(plane, subject);
  return [1 - (voxel[plane.across] + 0.5) / columns, 1 - (voxel[plane.down] + 0.5) / rows];
}

/** Voxel of the crop to voxel of the whole grid. */
function wholeGrid({ crop }, voxel) {
  return voxel.map((at, axis) => crop.first[axis] + crop.stride * at);
}

/** World position (mm) of a voxel of the crop. */
function worldOf(subject, voxel) {
  const [i, j, k] = wholeGrid(subject, voxel);
  return subject.affine.map((row) => row[0] * i + row[1] * j + row[2] * k + row[3]);
}
