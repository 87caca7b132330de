// Cards in rows are walked by the arrow keys, Home and End.

/** The nearest card in a row above or below. */
function beside(card, all, down) {
  const from = card.getBoundingClientRect();
  const rows = all
    .map((each) => ({ each, at: each.getBoundingClientRect() }))
    .filter(({ at }) => (down ? at.top > from.top + 4 : at.top < from.top - 4));
  const distance = ({ at }) => Math.abs(at.top - from.top) * 1000 + Math.abs(at.left - from.left);
  return rows.sort((one, other) => distance(one) - distance(other))[0]?.each;
}

/** The card that a key leads to from the one it was pressed on; above the first row `search`. Null for other keys. */
export function nextCard({ key, target }, cards, search) {
  const at = cards.indexOf(target);
  const ways = {
    ArrowRight: () => cards[at + 1] ?? target,
    ArrowLeft: () => cards[at - 1] ?? target,
    ArrowDown: () => beside(target, cards, true) ?? target,
    ArrowUp: () => beside(target, cards, false) ?? search,
    Home: () => cards[0],
    End: () => cards.at(-1),
  };
  return ways[key]?.() ?? null;
}
