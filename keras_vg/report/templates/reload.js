// Reloads the page while its runs are followed, and keeps what the reader sees: where the page is scrolled to, what is
// folded, how the tables are sorted and scrolled. The browser's history entry of the page holds that: a page from disk
// can fetch nothing, and needs no storage for it.
const findTables = () => [...document.querySelectorAll("details")].map((details) => [details.querySelector("summary").textContent, details]);
const findAnchors = () => [...document.querySelectorAll("h2, figcaption, summary")];

function save() {
  const anchor = findAnchors().filter((element) => element.getBoundingClientRect().top < 1).pop();
  const tables = findTables().map(([title, details]) => {
    const scroll = details.querySelector(".scroll");
    const sorted = details.querySelector("[aria-sort]");
    const order = sorted && [sorted.textContent, sorted.getAttribute("aria-sort")];
    return [title, { open: details.open, top: scroll.scrollTop, left: scroll.scrollLeft, order }];
  });
  const focused = document.activeElement.closest("th");
  history.replaceState({
    anchor: anchor ? anchor.textContent : null,
    offset: anchor ? anchor.getBoundingClientRect().top : -scrollY,
    tables: Object.fromEntries(tables),
    focus: focused && [focused.closest("details").querySelector("summary").textContent, focused.textContent],
  }, "");
}

function findHeading(details, text) {
  return [...details.querySelectorAll("th")].find((heading) => heading.textContent === text);
}

function scrollBack() {
  const { anchor, offset } = history.state;
  const element = findAnchors().find((candidate) => candidate.textContent === anchor);
  scrollTo(0, (element ? element.getBoundingClientRect().top + scrollY : 0) - offset);
}

function restore() {
  for (const [title, details] of findTables()) {
    const kept = history.state.tables[title];
    if (!kept) continue;
    details.open = kept.open;
    const heading = kept.order && findHeading(details, kept.order[0]);
    for (let presses = 0; heading && presses < 2 && heading.getAttribute("aria-sort") !== kept.order[1]; presses++) {
      heading.querySelector("button").click();
    }
    const scroll = details.querySelector(".scroll");
    scroll.scrollTop = kept.top;
    scroll.scrollLeft = kept.left;
    if (history.state.focus && history.state.focus[0] === title) {
      findHeading(details, history.state.focus[1])?.querySelector("button").focus({ preventScroll: true });
    }
  }
  scrollBack();
}

history.scrollRestoration = "manual";
if (history.state) {
  restore();
  addEventListener("load", scrollBack); // once more: now all plots have their height
}
addEventListener("pagehide", save);
setInterval(() => {
  if (document.hidden || !getSelection().isCollapsed) return;
  save();
  location.reload();
}, 1000 * Number(document.documentElement.dataset.reload));
