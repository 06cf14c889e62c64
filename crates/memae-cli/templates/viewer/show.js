// The page follows the selection: what all viewers have.

/** Gives all planes one scale: their columns are as wide as they are in mm. */
function layOut(root, { subject }) {
  const [axial, , sagittal] = PLANES.map((plane) => extent(plane, subject).width);
  root.style.setProperty("--across", `${axial}fr`);
  root.style.setProperty("--along", `${sagittal}fr`);
}

function showSlices(root, { subject, cross }) {
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
}

/** `spoken`: what a screen reader says of the slider's place. */
function showThreshold(root, { method, marks, stop, threshold }, spoken) {
  const last = method.stops.length - 1;
  const slider = root.querySelector("#threshold");
  Object.assign(slider, { max: last, value: stop });
  slider.setAttribute("aria-valuetext", `${threshold.toFixed(3)}, ${spoken}`);
  root.querySelector("#threshold-value").textContent = threshold.toFixed(3);
  marks.forEach((mark, at) => {
    const button = root.querySelector(`#mark${at + 1}`);
    button.querySelector("output").textContent = method.stops[mark].toFixed(3);
    button.setAttribute("aria-pressed", String(mark === stop));
    root.querySelector(`#tick${at + 1}`).style.setProperty("--at", mark / last);
  });
}

function showPlanes(root, view, layers) {
  for (const figure of root.querySelectorAll("[data-plane]")) {
    drawPicture(figure.querySelector("canvas"), PLANES[figure.dataset.plane], view, layers);
  }
}
