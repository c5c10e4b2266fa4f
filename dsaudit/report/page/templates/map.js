// The map of embeddings: alike lies beside alike.
let map = null;

function startMap() {
  map = new PointMap({ name: 'map', x: DATA.items.x ?? [], y: DATA.items.y ?? [], modes: ['given', 'predicted', 'finding', 'doubt', 'split', 'cluster'] });
  map.start();
}
