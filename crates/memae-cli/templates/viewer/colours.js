// Colours of scores, and colours with textures of detections: told apart by hue, lightness and pattern.

/** Colour of a score scaled to [0, 1]. */
function scoreColour(value) {
  const knots = LOOK.scores;
  const position = Math.min(Math.max(value, 0), 1) * (knots.length - 1);
  const below = Math.min(Math.floor(position), knots.length - 2);
  const share = position - below;
  return knots[below].map((channel, i) => channel * (1 - share) + knots[below + 1][i] * share);
}

/** What can become of a voxel that is lesion or detected. */
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

function strokeLine(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
