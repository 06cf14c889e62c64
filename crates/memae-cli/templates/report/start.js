// Starts the viewer.

startViewer(document.getElementById("viewer"), DESCRIPTION);

function startViewer(root, description) {
  const selection = new Selection(description);
  let volumes;

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
  const load = async () => {
    root.setAttribute("aria-busy", "true");
    const { subjectAt, method } = selection;
    const found = await volumesOf(subjectAt, method);
    if (subjectAt !== selection.subjectAt || method !== selection.method) return;
    volumes = found;
    show(root, selection, volumes);
    root.setAttribute("aria-busy", "false");
  };

  fillMenus(root, selection);
  drawLegend(root);
  listen(root, selection, changed, load);
  new ResizeObserver(changed).observe(root);
  load();
}

function fillMenus(root, selection) {
  const method = root.querySelector("#method");
  selection.methods.forEach(({ label }, at) => method.add(new Option(label, at)));
  method.value = selection.methodAt;
  rankSubjects(root, selection);
}

/** Lists the subjects by how well the method chosen finds their lesions, worst first. */
function rankSubjects(root, { subjects, subjectAt, methodAt }) {
  const rank = (at) => subjects[at].results[methodAt].rank;
  const order = [...subjects.keys()].sort((a, b) => rank(b).place - rank(a).place);
  const menu = root.querySelector("#subject");
  menu.replaceChildren(...order.map((at) => new Option(`${subjects[at].name}: ${rank(at).text}`, at)));
  menu.value = subjectAt;
}

/** The key to colours and textures. */
function drawLegend(root) {
  for (const canvas of root.querySelectorAll("[data-outcome]")) {
    const context = canvas.getContext("2d");
    context.fillStyle = "#444";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = texture(context, OUTCOMES[canvas.dataset.outcome], canvas.width / 4);
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  const knots = LOOK.scores.map((colour) => `rgb(${colour})`);
  root.querySelector("#scale").style.background = `linear-gradient(to right, ${knots})`;
}
