// The page follows the selection.

/** Gives all planes one scale: their columns are as wide as they are in mm. */
function layOut(root, { subject }) {
  const [axial, , sagittal] = PLANES.map((plane) => extent(plane, subject).width);
  root.style.setProperty("--across", `${axial}fr`);
  root.style.setProperty("--along", `${sagittal}fr`);
}

/** Shows a selection, whose volumes are unpacked, in the elements of `root`. */
function show(root, selection, volumes) {
  layOut(root, selection);
  showSlices(root, selection);
  showThreshold(root, selection);
  showMeasures(root, selection);
  showPictures(root, selection, volumes);
}

function showSlices(root, { subject, cross, plane: active }) {
  const [voxel, world] = [wholeGrid(subject, cross), worldOf(subject, cross)];
  const { first, shape, stride } = subject.crop;
  for (const figure of root.querySelectorAll("[data-plane]")) {
    const plane = PLANES[figure.dataset.plane];
    const axis = plane.through;
    const last = first[axis] + stride * (shape[axis] - 1);
    const slider = figure.querySelector("input");
    Object.assign(slider, { min: first[axis], max: last, step: stride, value: voxel[axis] });
    const millimetres = `${world[axis].toFixed(0).replace("-", "−")} mm`.replace(" ", "\u00a0");
    const text = `slice ${voxel[axis]}, ${"xyz"[axis]} = ${millimetres}`;
    slider.setAttribute("aria-valuetext", text);
    figure.querySelector("output").textContent = text;
  }
  root.querySelector("#active-plane").textContent = `${active.name} slice ${voxel[active.through]}`;
}

function showThreshold(root, { method, marks, stop, threshold }) {
  const last = method.stops.length - 1;
  Object.assign(root.querySelector("#threshold"), { max: last, value: stop });
  root.querySelector("#threshold-value").textContent = threshold.toFixed(3);
  marks.forEach((mark, at) => {
    const button = root.querySelector(`#mark${at + 1}`);
    button.querySelector("output").textContent = method.stops[mark].toFixed(3);
    button.setAttribute("aria-pressed", String(mark === stop));
    root.querySelector(`#tick${at + 1}`).style.setProperty("--at", mark / last);
  });
}

function showMeasures(root, { result, voxels, stop, threshold }) {
  const counts = countsAt(result, voxels, stop);
  const rates = ratesOf(counts);
  for (const [name, rate] of Object.entries(rates)) root.querySelector(`#${name}`).textContent = written(rate);
  for (const [name, count] of Object.entries(counts)) {
    root.querySelector(`#${name}`).textContent = count.toLocaleString("en");
  }
  const spoken = `${threshold.toFixed(3)}, TPR ${written(rates.tpr)}, TNR ${written(rates.tnr)}`;
  root.querySelector("#threshold").setAttribute("aria-valuetext", spoken);
}

function showPictures(root, selection, volumes) {
  const { subject, method, plane, cross, stop, base, detections, outline, voxels } = selection;
  const { brightest } = selection.result;
  const view = { subject, volumes, cross, stop, brightest, brainOnly: voxels === "brain" };
  const layers = { base, map: selection.opacity, detections, outline, ruler: true, crosshair: true };
  for (const figure of root.querySelectorAll("[data-plane]")) {
    drawPicture(figure.querySelector("canvas"), PLANES[figure.dataset.plane], view, layers);
  }
  for (const canvas of root.querySelectorAll("[data-layers]")) {
    drawPicture(canvas, plane, view, JSON.parse(canvas.dataset.layers));
  }
  root.querySelector("#brightest").textContent = method.stops[brightest].toFixed(2);
}
