// Exact counts of the shown subject at a stop of the slider, and the rates that follow from them.

/** Confusion matrix over "all" or "brain" voxels. */
function countsAt(result, voxels, stop) {
  const { lesion, healthy, above } = result.counts.find((counts) => counts.voxels === voxels);
  const [tp, fp] = above[stop];
  return { tp, fp, fn: lesion - tp, tn: healthy - fp };
}

/** Rates of a confusion matrix, as the report says that they are counted; null where undefined. */
function ratesOf({ tp, fp, tn, fn }) {
  const sum = (weights) => weights[0] * tp + weights[1] * fp + weights[2] * tn + weights[3] * fn;
  const rate = ({ part, whole, needs }) => (sum(needs) > 0 ? sum(part) / sum(whole) : null);
  return Object.fromEntries(LOOK.rates.map((formula) => [formula.id, rate(formula)]));
}

/** A rate as tables write it. */
function written(rate) {
  return rate === null ? "–" : rate.toFixed(3);
}

/** The stop nearest to a threshold. */
function nearestStop(stops, threshold) {
  const distance = (stop) => Math.abs(stops[stop] - threshold);
  return stops.reduce((best, _, stop) => (distance(stop) < distance(best) ? stop : best), 0);
}
