// The controls of the report's viewer.

/** Calls `changed` after each change, `loaded` after one that needs other volumes. */
function listen(root, selection, changed, loaded) {
  follow(root, "#subject", "change", ({ value }) => selection.chooseSubject(Number(value)), loaded);
  follow(root, "#method", "change", ({ value }) => chooseMethod(root, selection, Number(value)), loaded);
  follow(root, "[name=base]", "change", ({ value }) => (selection.base = value), changed);
  follow(root, "[name=voxels]", "change", ({ value }) => selection.chooseVoxels(value), changed);
  follow(root, "#opacity", "input", ({ value }) => (selection.opacity = value / 100), changed);
  follow(root, "#detections, #outline", "change", ({ id, checked }) => (selection[id] = checked), changed);
  listenToThreshold(root, selection, changed);
  listenToPlanes(root, selection, changed);
}

function chooseMethod(root, selection, at) {
  selection.chooseMethod(at);
  rankSubjects(root, selection);
}
