// The viewer of one scan under one model.

class ScanSelection extends Selection {
  opacity = 0.6;
  outline = true;

  /** Index of the component at whose highest score the crosshair is, or -1. */
  get part() {
    return DESCRIPTION.parts.findIndex((voxel) => voxel.every((at, axis) => at === this.cross[axis]));
  }
}

startViewer(document.getElementById("viewer"), new ScanSelection(DESCRIPTION), {
  load: (selection) => volumesOf(selection, { scan: "scan", map: "map", reconstruction: "reconstruction" }),
  show,
  listen,
});

function listen(root, selection, changed) {
  follow(root, "[name=base]", "change", ({ value }) => (selection.base = value), changed);
  follow(root, "#opacity", "input", ({ value }) => (selection.opacity = value / 100), changed);
  follow(root, "#outline", "change", ({ checked }) => (selection.outline = checked), changed);
  follow(root, "[data-part]", "click", ({ dataset }) => (selection.cross = DESCRIPTION.parts[dataset.part]), changed);
  listenToThreshold(root, selection, changed);
  listenToPlanes(root, selection, changed);
  showScale(root.querySelector("#scale"));
}

function show(root, selection, volumes) {
  const { subject, result, stop, cross, base, opacity, outline, part } = selection;
  const marked = `${result.marked_ml[stop].toFixed(1)} ml`;
  layOut(root, selection);
  showSlices(root, selection);
  showThreshold(root, selection, `${marked} marked`);
  root.querySelector("#marked").textContent = marked;
  for (const button of root.querySelectorAll("[data-part]")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.part) === part));
  }
  const view = { subject, volumes, cross, stop, brightest: result.brightest };
  const over = outline ? [drawMarked] : [];
  showPlanes(root, view, { base, map: opacity, marked: true, over, ruler: true, crosshair: true });
}

/** The border of what is above the threshold. */
function drawMarked(context, plane, view, ratio) {
  drawOutline(context, plane, view, ratio, (index) => view.volumes.map[index] > view.stop);
}
