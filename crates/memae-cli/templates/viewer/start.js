// How a viewer runs.

/**
 * Shows a selection and follows its changes. The page says how: `load(selection)` promises the volumes of what is chosen,
 * `show(root, selection, volumes)` draws, `listen(root, selection, changed, loaded)` binds the controls.
 */
function startViewer(root, selection, { load, show, listen }) {
  let volumes;
  let loads = 0;

  let waiting = false;
  /** Shows at the next frame, once for all changes before it. */
  const changed = () => {
    if (waiting || !volumes) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      show(root, selection, volumes);
    });
  };

  /** Unpacks what is chosen and shows it; a later choice overtakes an earlier one. */
  const loaded = async () => {
    root.setAttribute("aria-busy", "true");
    const own = ++loads;
    const found = await load(selection);
    if (own !== loads) return;
    volumes = found;
    show(root, selection, volumes);
    root.setAttribute("aria-busy", "false");
  };

  listen(root, selection, changed, loaded);
  new ResizeObserver(changed).observe(root);
  loaded();
}
