// Exact counts of the shown subject at a stop of the slider, and the rates that follow from them.

/** Confusion matrix over "all" or "brain" voxels. */
function countsAt(result, voxels, stop) {
  const { lesion, healthy, above } = result.counts.find((counts) => counts.voxels === voxels);
  const [tp, fp] = above[stop];
  return { tp, fp, fn: lesion - tp, tn: healthy - fp };
}

/** Rates of a confusion matrix; null where undefined. */
function ratesOf({ tp, fp, fn, tn }) {
  const ratio = (part, whole) => (whole > 0 ? part / whole : null);
  return {
    tpr: ratio(tp, tp + fn),
    tnr: ratio(tn, tn + fp),
    fpr: ratio(fp, tn + fp),
    precision: ratio(tp, tp + fp),
    dice: tp + fn > 0 ? ratio(2 * tp, 2 * tp + fp + fn) : null,
  };
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
