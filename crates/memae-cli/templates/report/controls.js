// Mouse, touch and keyboard change the selection. Sliders and menus are the browser's own, so that the keyboard and screen
// readers work as everywhere; a click on a picture hands the keyboard to its slider.

/** Calls `changed` after each change, `loaded` after one that needs other volumes. */
function listen(root, selection, changed, loaded) {
  listenToMenus(root, selection, loaded);
  listenToLayers(root, selection, changed);
  listenToThreshold(root, selection, changed);
  for (const figure of root.querySelectorAll("[data-plane]")) listenToPlane(figure, selection, changed);
}

function listenToMenus(root, selection, loaded) {
  for (const [id, choose] of [["subject", "chooseSubject"], ["method", "chooseMethod"]]) {
    root.querySelector(`#${id}`).addEventListener("change", ({ target }) => {
      selection[choose](Number(target.value));
      if (id === "method") rankSubjects(root, selection);
      loaded();
    });
  }
}

function listenToLayers(root, selection, changed) {
  const follow = (selector, event, choose) => {
    for (const element of root.querySelectorAll(selector)) {
      element.addEventListener(event, () => {
        choose(element);
        changed();
      });
    }
  };
  follow("[name=base]", "change", ({ value }) => (selection.base = value));
  follow("[name=voxels]", "change", ({ value }) => selection.chooseVoxels(value));
  follow("#opacity", "input", ({ value }) => (selection.opacity = value / 100));
  follow("#detections, #outline", "change", ({ id, checked }) => (selection[id] = checked));
}

function listenToThreshold(root, selection, changed) {
  root.querySelector("#threshold").addEventListener("input", ({ target }) => {
    selection.stop = Number(target.value);
    changed();
  });
  for (const at of [0, 1]) {
    root.querySelector(`#mark${at + 1}`).addEventListener("click", () => {
      selection.stop = selection.marks[at];
      changed();
    });
  }
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
