import { h } from "../dom";

/** Narrower pictures are laid out for a telephone. */
export const NARROW_PIXELS = 560;

/** A picture that is drawn for the width that it has, so that its words stay as large as the page's. */
export function sized(draw: (width: number) => SVGElement): HTMLElement {
  const place = h("div", { class: "sized" });
  let drawn = 0;
  const observer = new ResizeObserver(() => {
    // Gone with the page: the observer goes with its element.
    const width = Math.floor(place.clientWidth);
    if (width === 0 || width === drawn) return;
    drawn = width;
    place.replaceChildren(draw(width));
  });
  observer.observe(place);
  return place;
}
