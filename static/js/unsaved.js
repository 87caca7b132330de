// What no server has taken: tried again by the next page of the same member in this browser. What was sent on leaving
// is sent once more by the next page of this tab, which may have been drawn before it arrived: it counts once.
const KEY = "draft-unsaved";

/** Keep what the draft `of` would have sent; in `sessionStorage` for this tab alone. */
export function keepHere(of, text, store = localStorage) {
  try {
    store.setItem(KEY, JSON.stringify({ member: of.dataset.member, text }));
  } catch {
    // A full or forbidden store: the page itself still holds it.
  }
}

/** What was kept by the member of the draft `of`; null for none. */
export function keptHere(of, store) {
  const kept = JSON.parse(store.getItem(KEY) ?? "null");
  return of && kept?.member === of.dataset.member ? kept.text : null;
}

export function forget(store = localStorage) {
  try {
    store.removeItem(KEY);
  } catch {
    // Nothing was stored either.
  }
}
