// Volumes: the page holds each as base64 of zlib in an element of its own, unpacked when it is first looked at.

/** All that the report says to the viewer. */
const DESCRIPTION = JSON.parse(document.getElementById("viewer-description").textContent);
/** Bits of labels, shades, colours and rates, as the rest of the report has them. */
const LOOK = DESCRIPTION.look;

const unpacked = new Map();

/** Promise of a volume's bytes: one for each voxel, the last axis fastest. */
function volume(id) {
  if (!unpacked.has(id)) unpacked.set(id, unpack(document.getElementById(id).textContent));
  return unpacked.get(id);
}

async function unpack(base64) {
  const packed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const bytes = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(bytes).arrayBuffer());
}

/** All volumes of a subject under a method. */
async function volumesOf(subjectAt, method) {
  const of = (kind) => volume(`subject${subjectAt}-${kind}`);
  const [scan, labels, map, reconstruction] = await Promise.all([
    of("scan"),
    of("labels"),
    of(`${method.id}-map`),
    method.reconstructs ? of(`${method.id}-reconstruction`) : null,
  ]);
  return { scan, labels, map, reconstruction };
}
