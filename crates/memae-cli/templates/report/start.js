// Starts the report's viewer.

startReport(document.getElementById("viewer"), new TestSelection(DESCRIPTION));

function startReport(root, selection) {
  fillMenus(root, selection);
  drawLegend(root);
  const load = () => {
    const { id, reconstructs } = selection.method;
    const ids = { scan: "scan", labels: "labels", map: `${id}-map` };
    return volumesOf(selection, reconstructs ? { ...ids, reconstruction: `${id}-reconstruction` } : ids);
  };
  startViewer(root, selection, { load, show, listen });
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
  showScale(root.querySelector("#scale"));
}
