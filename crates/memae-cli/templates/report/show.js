// The page follows the selection.

/** Shows a selection, whose volumes are unpacked, in the elements of `root`. */
function show(root, selection, volumes) {
  layOut(root, selection);
  showSlices(root, selection);
  const { cross, plane } = selection;
  root.querySelector("#active-plane").textContent = `${plane.name} slice ${wholeGrid(selection.subject, cross)[plane.through]}`;
  showMeasures(root, selection);
  showPictures(root, selection, volumes);
}

function showMeasures(root, selection) {
  const counts = countsAt(selection.result, selection.voxels, selection.stop);
  const rates = ratesOf(counts);
  for (const [name, rate] of Object.entries(rates)) root.querySelector(`#${name}`).textContent = written(rate);
  for (const [name, count] of Object.entries(counts)) {
    root.querySelector(`#${name}`).textContent = count.toLocaleString("en");
  }
  showThreshold(root, selection, `TPR ${written(rates.tpr)}, TNR ${written(rates.tnr)}`);
}

function showPictures(root, selection, volumes) {
  const { subject, method, plane, cross, stop, base, opacity, detections, outline, voxels } = selection;
  const { brightest } = selection.result;
  const view = { subject, volumes, cross, stop, brightest, brainOnly: voxels === "brain" };
  const over = ({ detections, outline }) => [...(detections ? [drawDetections] : []), ...(outline ? [drawLesion] : [])];
  showPlanes(root, view, { base, map: opacity, over: over({ detections, outline }), ruler: true, crosshair: true });
  for (const canvas of root.querySelectorAll("[data-layers]")) {
    const layers = JSON.parse(canvas.dataset.layers);
    drawPicture(canvas, plane, view, { ...layers, over: over(layers) });
  }
  root.querySelector("#brightest").textContent = method.stops[brightest].toFixed(2);
}
