// Volumes: a page holds each as base64 of zlib in an element of its own, unpacked when it is first looked at.

/** All that the page says to the viewer. */
const DESCRIPTION = JSON.parse(document.getElementById("viewer-description").textContent);
/** Shades and colours, as all pictures have them; and what else a page adds. */
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

/** Volumes of a subject; `ids` says which, and how each is called in the page. */
async function volumesOf({ subjectAt }, ids) {
  const unpacking = Object.entries(ids).map(async ([kind, id]) => [kind, await volume(`subject${subjectAt}-${id}`)]);
  return Object.fromEntries(await Promise.all(unpacking));
}
