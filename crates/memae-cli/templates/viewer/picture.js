// Pictures of slices: scan or reconstruction, the map over it, crosshair and orientation.

/**
 * Draws a slice through the crosshair.
 *
 * `view`: subject, volumes, brightest, stop, cross; and what the functions of `over` read.
 * `layers`: base ("scan" or "reconstruction"), map (opacity), marked (the map only above the stop), over (functions that draw
 * on the picture), ruler, crosshair (booleans).
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
  for (const draw of layers.over) draw(context, plane, view, ratio);
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

function drawBase(context, plane, view, { base, map, marked }) {
  const { volumes, brightest, stop } = view;
  const colours = Array.from({ length: 256 }, (_, level) => scoreColour(level / brightest));
  const picture = raster(plane, view, (index, at, data) => {
    const opacity = marked && volumes.map[index] <= stop ? 0 : map;
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

/** The border of voxels along their edges; `inside(index in the volume)` says whether one is among them. */
function drawOutline(context, plane, view, ratio, inside) {
  const { columns, rows } = extent(plane, view.subject);
  const marked = new Uint8Array(columns * rows);
  eachVoxel(plane, view.subject, view.cross[plane.through], (index, pixel) => (marked[pixel] = inside(index) ? 1 : 0));
  const at = (column, row) => (column >= 0 && row >= 0 && column < columns && row < rows ? marked[row * columns + column] : 0);
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

function strokeLine(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
