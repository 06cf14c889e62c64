// What becomes of the voxels that are lesion or detected: told apart by hue, lightness and pattern.

const [TP, FP, FN] = LOOK.outcomes;
const OUTCOMES = {
  tp: { colour: TP, texture: "solid" },
  fp: { colour: FP, texture: "stripes" },
  fn: { colour: FN, texture: "dots" },
};

/** A pattern to fill an outcome with, its texture `size` pixels wide. */
function texture(context, { colour, texture: kind }, size) {
  const tile = new OffscreenCanvas(size, size);
  const paint = tile.getContext("2d");
  paint.fillStyle = paint.strokeStyle = colour;
  paint.globalAlpha = kind === "solid" ? 0.7 : 0.3;
  paint.fillRect(0, 0, size, size);
  paint.globalAlpha = 1;
  if (kind === "stripes") {
    paint.lineWidth = size / 4;
    for (const offset of [-size, 0, size]) strokeLine(paint, offset, size, offset + size, 0);
  } else if (kind === "dots") {
    paint.beginPath();
    paint.arc(size / 2, size / 2, size / 4, 0, 2 * Math.PI);
    paint.fill();
  }
  return context.createPattern(tile, "repeat");
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

/** The border of the true lesion. */
function drawLesion(context, plane, view, ratio) {
  drawOutline(context, plane, view, ratio, (index) => view.volumes.labels[index] & LOOK.lesion);
}
