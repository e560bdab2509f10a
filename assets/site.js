// Keys for what is on the page as links anyway: a link with data-key is
// followed when that key is pressed.
"use strict";

// On a page written from right to left the newer picture is on the right.
const mirrored = { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" };

// Arrow keys move a page that is wider than the window, or zoomed by fingers.
function scrolls() {
  const page = document.documentElement;
  return page.scrollWidth > page.clientWidth || (window.visualViewport?.scale ?? 1) > 1.01;
}

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.repeat) return;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.isContentEditable || event.target.closest?.("input, textarea, select, dialog")) return;
  if (event.key in mirrored ? scrolls() : document.fullscreenElement) return;
  const rtl = document.documentElement.dir === "rtl";
  const key = (rtl && mirrored[event.key]) || event.key;
  for (const link of document.querySelectorAll("a[data-key]")) {
    if (link.dataset.key === key) {
      event.preventDefault();
      link.click();
      return;
    }
  }
});
