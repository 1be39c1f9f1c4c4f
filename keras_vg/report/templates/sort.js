// Sorts a table by the column whose heading is pressed; NaN and empty cells stay last.
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const heading = button.closest("th");
    const table = heading.closest("table");
    const column = heading.cellIndex;
    const isAscending = heading.getAttribute("aria-sort") !== "ascending";
    const read = (row) => {
      const text = row.cells[column].textContent;
      const number = Number(text.replace("inf", "Infinity"));
      return text === "" || text === "NaN" ? null : Number.isNaN(number) ? text : number;
    };
    const rows = [...table.tBodies[0].rows].map((row) => [read(row), row]);
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      const order = typeof a === "number" && typeof b === "number" ? (a > b) - (a < b) : String(a).localeCompare(String(b), "en", { numeric: true });
      return isAscending ? order : -order;
    });
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", isAscending ? "ascending" : "descending");
    table.tBodies[0].append(...rows.map(([, row]) => row));
  });
}
