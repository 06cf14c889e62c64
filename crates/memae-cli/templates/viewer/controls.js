// Mouse, touch and keyboard change the selection. Sliders and menus are the browser's own, so that the keyboard and screen
// readers work as everywhere; a click on a picture hands the keyboard to its slider.

/** Calls `choose` and `changed` on an event of all elements that a selector finds. */
function follow(root, selector, event, choose, changed) {
  for (const element of root.querySelectorAll(selector)) {
    element.addEventListener(event, () => {
      choose(element);
      changed();
    });
  }
}

function listenToThreshold(root, selection, changed) {
  follow(root, "#threshold", "input", ({ value }) => (selection.stop = Number(value)), changed);
  selection.marks.forEach((_, at) => {
    follow(root, `#mark${at + 1}`, "click", () => (selection.stop = selection.marks[at]), changed);
  });
}

function listenToPlanes(root, selection, changed) {
  for (const figure of root.querySelectorAll("[data-plane]")) listenToPlane(figure, selection, changed);
}

function listenToPlane(figure, selection, changed) {
  const plane = PLANES[figure.dataset.plane];
  const [canvas, slider] = [figure.querySelector("canvas"), figure.querySelector("input")];
  const activate = () => (selection.planeAt = Number(figure.dataset.plane));
  const chooseSlice = (slice) => {
    activate();
    selection.chooseSlice(plane, slice);
    changed();
  };
  const point = ({ offsetX, offsetY }) => {
    const [across, down] = [offsetX / canvas.clientWidth, offsetY / canvas.clientHeight];
    selection.cross = voxelUnder(plane, selection.subject, selection.cross, across, down);
    changed();
  };

  slider.addEventListener("input", () => chooseSlice(Number(slider.value)));
  slider.addEventListener("focus", () => {
    activate();
    changed();
  });
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    slider.focus({ preventScroll: true });
    activate();
    point(event);
  });
  // Otherwise the browser takes the focus back from the slider.
  canvas.addEventListener("mousedown", (event) => event.preventDefault());
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) point(event);
  });
  // Without a click before, the wheel scrolls the page.
  canvas.addEventListener("wheel", (event) => {
    if (document.activeElement !== slider) return;
    event.preventDefault();
    slider.value = Number(slider.value) - Math.sign(event.deltaY) * slider.step;
    chooseSlice(Number(slider.value));
  });
}
