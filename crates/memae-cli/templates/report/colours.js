// Colours of scores, and colours with textures of detections: told apart by hue, lightness and pattern.

/** Knots of matplotlib's "inferno" (CC0), as in the figures. */
const INFERNO = [
  [0, 0, 4], [32, 12, 74], [87, 16, 110], [137, 34, 106], [188, 55, 84],
  [227, 89, 51], [249, 142, 9], [249, 203, 53], [252, 255, 164],
];

/** Colour of a score scaled to [0, 1]. */
function inferno(value) {
  const position = Math.min(Math.max(value, 0), 1) * (INFERNO.length - 1);
  const below = Math.min(Math.floor(position), INFERNO.length - 2);
  const share = position - below;
  return INFERNO[below].map((channel, i) => channel * (1 - share) + INFERNO[below + 1][i] * share);
}

/** What can become of a voxel that is lesion or detected. Blue, vermilion and yellow of Okabe and Ito. */
const OUTCOMES = {
  tp: { colour: "#56b4e9", texture: "solid" },
  fp: { colour: "#d55e00", texture: "stripes" },
  fn: { colour: "#f0e442", texture: "dots" },
};

/** The true outline where detections are not shown, as in Figure 1. */
const OUTLINE = "#00e5ff";

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
