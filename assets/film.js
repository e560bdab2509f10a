// Films on the wall, which are loaded when a visitor points at a tile with one. It uses what site.js
// has.
"use strict";

// The tiles whose films play, the newest last.
const playing = [];

// Plays the film of a tile as long as the visitor points at it, or the focus is on it: after a short
// rest, because a pointer that crosses the wall wants nothing. A finger must stay for that long.
function preview(tile, touched) {
  if (!lively() || tile.waiting || playing.includes(tile)) return;
  const rest = setTimeout(() => {
    end();
    if ((touched || tile.matches(":hover, :focus-visible")) && !$("dialog[open]")) run(tile, touched);
  }, 300);
  const end = () => {
    clearTimeout(rest);
    tile.waiting = undefined;
    stopper.abort();
  };
  const stopper = tile.waiting = new AbortController();
  for (const type of ["pointerleave", "pointercancel", "touchmove", "touchend", "blur", "click"]) on(tile, type, end, { passive: true, signal: stopper.signal });
}

// Plays the film of a tile, without sound and again and again. At most two play at once.
function run(tile, touched) {
  const film = make("video", { muted: true, loop: true, playsInline: true, disableRemotePlayback: true, src: new URL(tile.dataset.film, start), tabIndex: -1, ariaHidden: true });
  const ended = new AbortController();
  const { signal } = ended;
  const stop = () => {
    ended.abort();
    watch.disconnect();
    playing.splice(playing.indexOf(tile), 1);
    tile.stopFilm = undefined;
    film.remove();
    film.removeAttribute("src");
    film.load();
  };
  // Until it plays, the picture is its poster.
  on(film, "playing", () => film.classList.add("on"), { signal });
  on(film, "error", stop, { signal });
  const watch = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting || stop());
  watch.observe(tile);
  // A finger that is lifted leaves the film playing. The next one ends it, wherever it touches.
  on(tile, "pointerleave blur", () => touched || stop(), { signal });
  on(document, "touchstart", ({ target }) => tile.contains(target) || stop(), { signal, passive: true });
  // The end of a long press is no click, and the browser's menu for links stays away.
  if (touched) {
    on(tile, "contextmenu", (event) => event.preventDefault(), { signal, once: true });
    on(tile, "click", (event) => event.preventDefault(), { signal, once: true, capture: true });
    on(tile, "touchend", (event) => event.cancelable && event.preventDefault(), { signal, once: true });
  }
  tile.querySelector("picture, img").after(film);
  tile.stopFilm = stop;
  playing.push(tile);
  if (playing.length > 2) playing[0].stopFilm();
  film.play().catch(stop);
}
