// Colours of scores.

/** Colour of a score scaled to [0, 1]. */
function scoreColour(value) {
  const knots = LOOK.scores;
  const position = Math.min(Math.max(value, 0), 1) * (knots.length - 1);
  const below = Math.min(Math.floor(position), knots.length - 2);
  const share = position - below;
  return knots[below].map((channel, i) => channel * (1 - share) + knots[below + 1][i] * share);
}

/** Fills an element with the colours, from 0 to the brightest. */
function showScale(element) {
  element.style.background = `linear-gradient(to right, ${LOOK.scores.map((colour) => `rgb(${colour})`)})`;
}
