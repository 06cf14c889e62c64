// Pictures of slices: scan or reconstruction, the map over it, detections, crosshair and orientation.

/**
 * Draws a slice through the crosshair.
 *
 * `view`: subject, volumes, brightest, stop, brainOnly, cross.
 * `layers`: base ("scan" or "reconstruction"), map (opacity), detections, outline, ruler, crosshair (booleans).
 */
function drawPicture(canvas, plane, view, layers) {
  const ratio = window.devicePixelRatio;
  const { width, height } = extent(plane, view.subject);
  canvas.style.aspectRatio = `${width} / ${height}`;
  canvas.width = Math.round(canvas.clientWidth * ratio);
  canvas.height = Math.round((canvas.width * height) / width);
  const context = canvas.getContext("2d");
  context.fillStyle = "#000";
  context.fillRect(0, 0, canvas.width, canvas.height);
  if (view.volumes[layers.base] || layers.map === 1) drawBase(context, plane, view, layers);
  else drawMissing(context, ratio);
  if (layers.detections) drawDetections(context, plane, view, ratio);
  if (layers.outline) drawOutline(context, plane, view, ratio);
  if (layers.crosshair) drawCrosshair(context, plane, view, ratio);
  if (layers.ruler) drawRuler(context, width, ratio);
  drawMarks(context, plane, ratio);
}

/** A picture with one pixel for each voxel; `paint(index in the volume, pixel)` fills it. */
function raster(plane, view, paint) {
  const { columns, rows } = extent(plane, view.subject);
  const pixels = new ImageData(columns, rows);
  eachVoxel(plane, view.subject, view.cross[plane.through], (index, pixel) => paint(index, 4 * pixel, pixels.data));
  const canvas = new OffscreenCanvas(columns, rows);
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

function drawBase(context, plane, view, { base, map: opacity }) {
  const { volumes, brightest } = view;
  const colours = Array.from({ length: 256 }, (_, level) => scoreColour(level / brightest));
  const picture = raster(plane, view, (index, at, data) => {
    const grey = opacity < 1 ? (255 / LOOK.shades) * volumes[base][index] : 0;
    const colour = colours[volumes.map[index]];
    for (let channel = 0; channel < 3; channel++) {
      data[at + channel] = grey * (1 - opacity) + colour[channel] * opacity;
    }
    data[at + 3] = 255;
  });
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, context.canvas.width, context.canvas.height);
}

/** What becomes of a voxel: a key of OUTCOMES, or undefined. */
function outcome(label, detected, brainOnly) {
  if (brainOnly && !(label & LOOK.brain)) return undefined;
  if (label & LOOK.lesion) return detected ? "tp" : "fn";
  return detected ? "fp" : undefined;
}

/** Fills the voxels of each outcome with its texture. Voxels keep their sharp borders. */
function drawDetections(context, plane, view, ratio) {
  const { width, height } = context.canvas;
  const { volumes, stop, brainOnly } = view;
  for (const [name, look] of Object.entries(OUTCOMES)) {
    const voxels = raster(plane, view, (index, at, data) => {
      const found = outcome(volumes.labels[index], volumes.map[index] > stop, brainOnly);
      data[at + 3] = found === name ? 255 : 0;
    });
    const layer = new OffscreenCanvas(width, height).getContext("2d");
    layer.imageSmoothingEnabled = false;
    layer.drawImage(voxels, 0, 0, width, height);
    layer.globalCompositeOperation = "source-in";
    layer.fillStyle = texture(layer, look, Math.round(6 * ratio));
    layer.fillRect(0, 0, width, height);
    context.drawImage(layer.canvas, 0, 0);
  }
}

/** The border of the true lesion along the edges of its voxels. */
function drawOutline(context, plane, view, ratio) {
  const { columns, rows } = extent(plane, view.subject);
  const lesion = new Uint8Array(columns * rows);
  eachVoxel(plane, view.subject, view.cross[plane.through], (index, pixel) => {
    lesion[pixel] = view.volumes.labels[index] & LOOK.lesion;
  });
  const at = (column, row) => (column >= 0 && row >= 0 && column < columns && row < rows ? lesion[row * columns + column] : 0);
  const [dx, dy] = [context.canvas.width / columns, context.canvas.height / rows];
  context.strokeStyle = LOOK.outline;
  context.lineWidth = 1.5 * ratio;
  context.lineCap = "square";
  for (let row = 0; row <= rows; row++) {
    for (let column = 0; column <= columns; column++) {
      const [x, y] = [column * dx, row * dy];
      if (at(column, row) !== at(column - 1, row)) strokeLine(context, x, y, x, y + dy);
      if (at(column, row) !== at(column, row - 1)) strokeLine(context, x, y, x + dx, y);
    }
  }
}

/** Two lines that leave the voxel itself free. */
function drawCrosshair(context, plane, view, ratio) {
  const { width, height } = context.canvas;
  const [across, down] = placeOf(plane, view.subject, view.cross);
  const [x, y, gap] = [across * width, down * height, 8 * ratio];
  context.strokeStyle = "#fffc";
  context.lineWidth = ratio;
  strokeLine(context, 0, y, x - gap, y);
  strokeLine(context, x + gap, y, width, y);
  strokeLine(context, x, 0, x, y - gap);
  strokeLine(context, x, y + gap, x, height);
}

/** A bar of 50 mm in a picture of so many mm. */
function drawRuler(context, width, ratio) {
  const { canvas } = context;
  const [left, bottom, length] = [8 * ratio, canvas.height - 8 * ratio, (50 * canvas.width) / width];
  context.strokeStyle = "#fff";
  context.lineWidth = 2 * ratio;
  strokeLine(context, left, bottom, left + length, bottom);
  write(context, "5 cm", left + length / 2, bottom - 10 * ratio, ratio);
}

function drawMarks(context, { marks }, ratio) {
  const { width, height } = context.canvas;
  const inset = 9 * ratio;
  write(context, marks.left, inset, height / 2, ratio);
  write(context, marks.right, width - inset, height / 2, ratio);
  write(context, marks.top, width / 2, inset, ratio);
  write(context, marks.bottom, width / 2, height - inset, ratio);
}

function drawMissing(context, ratio) {
  write(context, "no reconstruction", context.canvas.width / 2, context.canvas.height / 2, ratio);
}

/** White text with a dark rim, readable on any picture. */
function write(context, text, x, y, ratio) {
  context.font = `600 ${13 * ratio}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.strokeStyle = "#000c";
  context.lineWidth = 3 * ratio;
  context.strokeText(text, x, y);
  context.fillStyle = "#fff";
  context.fillText(text, x, y);
}
