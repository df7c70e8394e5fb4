// Where everything of the tree stands: the log in the middle, a ring for each tier. Pure.

/** What feeds the first tier. */
const ROOTS = new Set(["log", "redis"]);

/** From replicas (`{ id, upstream, lag_ms, … }`) the tree's nodes in a square of the side 2 around 0,0:
 * `{ replica, parent, depth, angle, x, y, hop }`. `parent`: a node, or null for the log; `hop`: by how many
 * milliseconds it is behind what feeds it, null when that is not known; `isFed`: false when it waits for
 * an upstream, or follows one that is not known. */
export function layOut(replicas) {
  const nodes = new Map(replicas.map((replica) => [replica.id, {
    replica, parent: null, children: [], depth: 1, isFed: true,
  }]));
  const top = [];
  for (const node of nodes.values()) {
    const { upstream } = node.replica;
    const parent = ROOTS.has(upstream) ? null : nodes.get(upstream) ?? null;
    node.isFed = ROOTS.has(upstream) || (parent !== null && parent !== node);
    if (parent !== null && parent !== node && !isAbove(node, parent)) {
      node.parent = parent;
      parent.children.push(node);
    } else {
      top.push(node);
    }
  }
  place(top);
  return { nodes: [...nodes.values()], depth: Math.max(0, ...[...nodes.values()].map((one) => one.depth)) };
}

/** Reports are not of one moment: for one, two replicas may seem to follow each other. */
function isAbove(node, below) {
  for (let one = below; one !== null; one = one.parent) if (one === node) return true;
  return false;
}

function place(top) {
  const order = [];
  const visit = (node, depth) => {
    node.depth = depth;
    for (const child of node.children) visit(child, depth + 1);
    order.push(node);
  };
  for (const node of top) visit(node, 1);
  const leaves = order.filter((one) => one.children.length === 0).length;
  const rings = Math.max(1, ...order.map((one) => one.depth));
  let next = 0;
  for (const node of order) {
    if (node.children.length === 0) {
      node.angle = -Math.PI / 2 + (next / leaves) * 2 * Math.PI;
      next += 1;
    } else {
      node.angle = (node.children[0].angle + node.children.at(-1).angle) / 2;
    }
    node.radius = node.depth / rings;
    node.x = Math.cos(node.angle) * node.radius;
    node.y = Math.sin(node.angle) * node.radius;
    node.hop = hop(node);
  }
}

function hop({ replica, parent, isFed }) {
  if (!isFed || !Number.isFinite(replica.lag_ms)) return null;
  return Math.max(0, replica.lag_ms - (parent?.replica.lag_ms ?? 0));
}

/** Milliseconds from which on an edge is drawn as the next class. */
export const HOP_BOUNDS = [50, 250, 1000];

/** 0 (prompt) to 3. */
export function hopClass(milliseconds) {
  if (milliseconds === null) return 3;
  return HOP_BOUNDS.filter((bound) => milliseconds >= bound).length;
}
